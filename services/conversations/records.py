"""The states of a conversation."""

from enum import Enum


class ConversationStatus(Enum):
    """The states of a conversation, as the database spells them."""

    ACTIVE = "active"
    ARCHIVED = "archived"
