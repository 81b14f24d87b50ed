"""Conversations and messages, and the quota that they use."""

from db.personal.feedback import FEEDBACK
from db.personal.models import MODEL_USE
from db.personal.vocabulary import (
    BY_PERSON,
    Author,
    Category,
    ClassifiedTable,
    Deleted,
    OwnerPath,
    columns,
)

_BEING_WRITTEN = "Only there for the seconds in which a reply is being written."
_MADE_OF_MESSAGES = "Made of the messages, which are exported, to find them."

CHAT = (
    ClassifiedTable(
        "reply_generations",
        Deleted(),
        owner_paths=(OwnerPath("user_id"),),
        distribution=BY_PERSON,
        columns=(
            *columns(Category.IDENTITY, "user_id", withheld=_BEING_WRITTEN),
            *columns(
                Category.TECHNICAL,
                "reply_id conversation_id usage_date owner lease_expires_at stop_requested_at "
                "writer_number times_abandoned elapsed_ms",
                withheld=_BEING_WRITTEN,
            ),
            *columns(Category.TECHNICAL, "models", withheld=_BEING_WRITTEN, author=Author.OPERATOR),
        ),
    ),
    *MODEL_USE,
    *FEEDBACK,
    ClassifiedTable(
        "quota_ledger_entries",
        Deleted(),
        owner_paths=(OwnerPath("user_id"),),
        distribution=BY_PERSON,
        columns=(
            *columns(Category.IDENTITY, "user_id"),
            *columns(Category.USAGE, "id usage_date kind units reply_id occurred_at"),
        ),
    ),
    ClassifiedTable(
        "daily_quota_usages",
        Deleted(),
        owner_paths=(OwnerPath("user_id"),),
        distribution=BY_PERSON,
        columns=(
            *columns(Category.IDENTITY, "user_id"),
            *columns(Category.USAGE, "usage_date used"),
        ),
    ),
    ClassifiedTable(
        "chat_message_searches",
        Deleted(),
        owner_paths=(OwnerPath("user_id"),),
        distribution=BY_PERSON,
        columns=(
            *columns(Category.IDENTITY, "user_id", withheld=_MADE_OF_MESSAGES),
            *columns(Category.CONTENT, "lexemes", withheld=_MADE_OF_MESSAGES),
            *columns(
                Category.TECHNICAL, "message_id place created_at form", withheld=_MADE_OF_MESSAGES
            ),
        ),
    ),
    ClassifiedTable(
        "chat_messages_to_index",
        Deleted(),
        owner_paths=(OwnerPath("user_id"),),
        distribution=BY_PERSON,
        columns=(
            *columns(Category.IDENTITY, "user_id", withheld=_MADE_OF_MESSAGES),
            *columns(Category.TECHNICAL, "message_id", withheld=_MADE_OF_MESSAGES),
        ),
    ),
    ClassifiedTable(
        "chat_message_keys",
        Deleted(),
        owner_paths=(OwnerPath("user_id"),),
        distribution=BY_PERSON,
        columns=(
            *columns(Category.IDENTITY, "user_id"),
            *columns(Category.TECHNICAL, "key", author=Author.CALLER),
            *columns(Category.TECHNICAL, "conversation_id message_id"),
        ),
    ),
    ClassifiedTable(
        "chat_conversation_keys",
        Deleted(),
        owner_paths=(OwnerPath("user_id"),),
        distribution=BY_PERSON,
        columns=(
            *columns(Category.IDENTITY, "user_id"),
            *columns(Category.TECHNICAL, "key", author=Author.CALLER),
            *columns(Category.TECHNICAL, "conversation_id"),
        ),
    ),
    ClassifiedTable(
        "chat_branches",
        Deleted(),
        owner_paths=(OwnerPath("user_id"),),
        distribution=BY_PERSON,
        columns=(
            *columns(Category.IDENTITY, "user_id"),
            *columns(Category.USAGE, "conversation_id number parent_branch parent_id"),
            *columns(Category.USAGE, "created_at shown_order"),
            *columns(
                Category.TECHNICAL,
                "parent_at",
                withheld="When the message `parent_id`, which is exported, was stored.",
            ),
        ),
    ),
    ClassifiedTable(
        "chat_conversation_tags",
        Deleted(),
        owner_paths=(OwnerPath("user_id"),),
        distribution=BY_PERSON,
        columns=(
            *columns(Category.IDENTITY, "user_id"),
            *columns(Category.CONTENT, "tag", author=Author.CALLER),
            *columns(Category.USAGE, "conversation_id updated_at"),
        ),
    ),
    ClassifiedTable(
        "chat_messages",
        Deleted(),
        owner_paths=(OwnerPath("user_id", found_by=("conversation_id", "chat_conversations")),),
        distribution=BY_PERSON,
        columns=(
            *columns(Category.IDENTITY, "user_id"),
            *columns(Category.CONTENT, "content", author=Author.CALLER),
            *columns(Category.USAGE, "id conversation_id branch role status created_at"),
            *columns(Category.USAGE, "failure_reason retry_at"),
            *columns(Category.USAGE, "model", author=Author.PROVIDER),
            *columns(Category.USAGE, "attempts prompt_tokens completion_tokens latency_ms"),
            *columns(
                Category.TECHNICAL,
                "stream_ends",
                withheld="Where the text, which is exported, was cut while it was sent.",
            ),
        ),
    ),
    ClassifiedTable(
        "chat_conversations",
        Deleted(),
        owner_paths=(OwnerPath("user_id"),),
        distribution=BY_PERSON,
        columns=(
            *columns(Category.IDENTITY, "user_id"),
            *columns(Category.CONTENT, "title", author=Author.CALLER),
            *columns(
                Category.USAGE,
                "id status created_at updated_at shown_branch is_pinned title_origin",
            ),
        ),
    ),
)
