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


@strawberry.type(description="A started conversation.")
class StartConversationPayload:
    """Of `startConversation`."""

    conversation: Sourced[Conversation | None, Row | None] = strawberry.field(
        default=None, description="The new conversation."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="A changed conversation.")
class ConversationPayload:
    """Of mutations that change a conversation."""

    conversation: Sourced[Conversation | None, Row | None] = strawberry.field(
        default=None, description="The conversation as it is now."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="A deleted conversation.")
class DeleteConversationPayload:
    """Of `deleteConversation`."""

    deleted_conversation_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id that the conversation had."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="A message and the reply to it.")
class SendMessagePayload:
    """Of `sendMessage` and `regenerateReply`."""

    conversation: Sourced[Conversation | None, Row | None] = strawberry.field(
        default=None, description="Where they stand."
    )
    message: Sourced[Message | None, Row | None] = strawberry.field(
        default=None, description="The person's message."
    )
    reply: Sourced[Message | None, Row | None] = strawberry.field(
        default=None, description="The reply, whole or as far as it is written."
    )
    quota: Sourced[Quota | None, QuotaRecord | None] = strawberry.field(
        default=None, description="What is left of the day."
    )
    user_errors: list[UserError] = strawberry.field(
        default_factory=list,
        description=(
            "Why nothing was changed; empty on success. With `LLM_UNAVAILABLE` the message is "
            "kept, the reply has failed and can be regenerated."
        ),
    )


@strawberry.type(description="A stopped reply.")
class StopReplyPayload:
    """Of `stopReply`."""

    reply: Sourced[Message | None, Row | None] = strawberry.field(
        default=None, description="The reply, with what had arrived."
    )
    user_errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)
