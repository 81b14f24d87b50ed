"""Places in the tree of a conversation, from which statements on its branches begin."""

from typing import Any

from sqlalchemy import CTE, BigInteger, ColumnElement, bindparam, literal_column, select, union_all

from db.queries.clauses.paths import Place
from db.tables import ChatBranch, ChatConversation, ChatMessage

USER = bindparam("user_id", type_=BigInteger)
CONVERSATION = bindparam("conversation_id", type_=BigInteger)
ZERO: ColumnElement[int] = literal_column("0")
ONE: ColumnElement[int] = literal_column("1")
BEFORE_ALL: ColumnElement[Any] = literal_column("'-infinity'::timestamptz")
IS_CONVERSATION = (ChatConversation.user_id == USER, ChatConversation.id == CONVERSATION)
OF_CONVERSATION = (ChatBranch.user_id == USER, ChatBranch.conversation_id == CONVERSATION)
_message = bindparam("message_id", type_=BigInteger)


def place_asked_for() -> CTE:
    """The place of the message `message_id`, or the one before all messages where that is 0."""
    at = ChatMessage.created_at.label("at")
    message = select(ChatMessage.branch, at, ChatMessage.id).where(
        ChatMessage.user_id == USER,
        ChatMessage.id == _message,
        ChatMessage.conversation_id == CONVERSATION,
    )
    beginning = select(ZERO, BEFORE_ALL, ZERO).where(_message == ZERO)
    return union_all(message, beginning).cte("place")


def place_of(place: CTE) -> Place:
    """The only place of a table of places."""
    return Place(place.c.branch, place.c.at, place.c.id)
