"""Inputs of the mutations of conversations and messages."""

from enum import Enum

import strawberry
from strawberry import UNSET

from gql.schema import described

_KEY = (
    "Chosen by the client, 1 to 255 printable characters, new for each thing that it wants done. "
    "Sending again with the same key returns the first result and spends nothing."
)


@described.enum(
    "When a mutation that begins a reply answers.",
    WAIT="Answer when the reply is complete.",
    STREAM="Answer at once; the reply arrives through `Subscription.replyStream`.",
)
class ReplyDelivery(Enum):
    """Whether the mutation waits for the reply."""

    WAIT = "wait"
    STREAM = "stream"


@strawberry.input(description="A conversation to start.")
class StartConversationInput:
    """For `startConversation`."""

    idempotency_key: str = strawberry.field(description=_KEY)
    title: str | None = strawberry.field(
        default=UNSET,
        description="1 to 120 characters; left out, the first message gives the title.",
    )


@strawberry.input(description="A conversation and its new title.")
class RenameConversationInput:
    """For `renameConversation`."""

    conversation_id: strawberry.ID = strawberry.field(description="Which conversation.")
    title: str = strawberry.field(description="One line of 1 to 120 characters.")


@strawberry.input(description="A conversation.")
class ConversationInput:
    """For mutations of a whole conversation."""

    conversation_id: strawberry.ID = strawberry.field(description="Which conversation.")


@strawberry.input(description="A message to send.")
class SendMessageInput:
    """For `sendMessage`."""

    content: str = strawberry.field(
        description="1 to 8,000 characters, not counting white space around them."
    )
    idempotency_key: str = strawberry.field(description=_KEY)
    conversation_id: strawberry.ID | None = strawberry.field(
        default=UNSET,
        description="Where to send it. Left out, a new conversation is started.",
    )
    delivery: ReplyDelivery = strawberry.field(
        default=ReplyDelivery.WAIT, description="Whether to wait for the reply."
    )


@strawberry.input(description="A message to answer again.")
class RegenerateReplyInput:
    """For `regenerateReply`."""

    message_id: strawberry.ID = strawberry.field(
        description="The last message that the person sent, or a reply to it."
    )
    idempotency_key: str = strawberry.field(description=_KEY)
    delivery: ReplyDelivery = strawberry.field(
        default=ReplyDelivery.WAIT, description="Whether to wait for the reply."
    )


@strawberry.input(description="A reply to stop.")
class StopReplyInput:
    """For `stopReply`."""

    message_id: strawberry.ID = strawberry.field(description="The reply that is being written.")
