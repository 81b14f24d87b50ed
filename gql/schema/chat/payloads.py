"""Payloads of the mutations of conversations and messages."""

import strawberry

from db.row import Row
from gql.schema.billing.quota import Quota
from gql.schema.chat.conversation import Conversation
from gql.schema.chat.message import Message
from gql.schema.user_error import UserError
from gql.values.mappings import Sourced
from services.quota.records import Quota as QuotaRecord

_ERRORS = "Why nothing was changed; empty on success."


@strawberry.type(description="A new conversation, or why none was started.")
class StartConversationPayload:
    """Of `startConversation`."""

    conversation: Sourced[Conversation | None, Row | None] = strawberry.field(
        default=None, description="The conversation that was started."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="A conversation after a change, or why it was not changed.")
class ConversationPayload:
    """Of mutations that change a conversation."""

    conversation: Sourced[Conversation | None, Row | None] = strawberry.field(
        default=None, description="The conversation as it is now."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="The id of a deleted conversation, or why it was not deleted.")
class DeleteConversationPayload:
    """Of `deleteConversation`."""

    deleted_conversation_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id that the conversation had."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="What was deleted with a message, or why nothing was.")
class DeleteMessagePayload:
    """Of `deleteMessage`."""

    deleted_message_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list,
        description="The ids that the message and all that followed it had; empty if it stays.",
    )
    conversation: Sourced[Conversation | None, Row | None] = strawberry.field(
        default=None, description="The conversation as it is now."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="A message after a change, or why it was not changed.")
class MessagePayload:
    """Of mutations that change what belongs to a message."""

    message: Sourced[Message | None, Row | None] = strawberry.field(
        default=None, description="The message as it is now."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="A message and the reply to it.")
class SendMessagePayload:
    """Of `sendMessage`, `editMessage` and `regenerateReply`."""

    conversation: Sourced[Conversation | None, Row | None] = strawberry.field(
        default=None, description="The conversation that the message and the reply are in."
    )
    message: Sourced[Message | None, Row | None] = strawberry.field(
        default=None, description="The message as it was stored."
    )
    reply: Sourced[Message | None, Row | None] = strawberry.field(
        default=None, description="The reply, whole or as far as it is written."
    )
    quota: Sourced[Quota | None, QuotaRecord | None] = strawberry.field(
        default=None, description="The day's quota after this message."
    )
    user_errors: list[UserError] = strawberry.field(
        default_factory=list,
        description=(
            "Why nothing was changed; empty on success. With `LLM_UNAVAILABLE` the message is "
            "kept, the reply has failed and can be regenerated."
        ),
    )


@strawberry.type(description="A reply that was stopped, or why it was not.")
class StopReplyPayload:
    """Of `stopReply`."""

    reply: Sourced[Message | None, Row | None] = strawberry.field(
        default=None, description="The reply, with what had arrived."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)
