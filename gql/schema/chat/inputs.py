"""Inputs of the mutations of conversations and messages."""

from enum import Enum

import strawberry
from strawberry import UNSET

from db.states import FeedbackRating
from gql.schema import described

_MODEL = "One of `User.models`; the first of them where left out."
_KEY = (
    "Chosen by the client, 1 to 255 printable characters, new for each thing that it wants done. "
    "Sending again with the same key returns the first result and spends nothing."
)
_CONVERSATION_KEY = (
    "The client's own name for the conversation, in place of `conversationId`: 1 to 255 printable "
    "characters. The first message under it starts the conversation, and the next ones go there."
)
_MESSAGE_KEY = (
    "The client's own name for the message, by which `Conversation.messageByKey` finds it: 1 to "
    "255 printable characters. Of several messages with one name, the last has it."
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


@strawberry.input(
    description="The conversation to start: a title if it has one, and the key by which it is "
    "started once."
)
class StartConversationInput:
    """For `startConversation`."""

    idempotency_key: str = strawberry.field(description=_KEY)
    title: str | None = strawberry.field(
        default=UNSET,
        description="1 to 120 characters; left out, the first message gives the title.",
    )


@strawberry.input(description="The conversation to rename, and its new title.")
class RenameConversationInput:
    """For `renameConversation`."""

    conversation_id: strawberry.ID = strawberry.field(description="The conversation's `id`.")
    title: str = strawberry.field(description="One line of 1 to 120 characters.")


@strawberry.input(
    description="The conversation to archive, to take out of the archive, or to delete."
)
class ConversationInput:
    """For mutations of a whole conversation."""

    conversation_id: strawberry.ID = strawberry.field(description="The conversation's `id`.")


@strawberry.input(description="The conversation to pin, or not to pin any longer.")
class PinConversationInput:
    """For `pinConversation`."""

    conversation_id: strawberry.ID = strawberry.field(description="The conversation's `id`.")
    is_pinned: bool = strawberry.field(description="Whether it is pinned from now on.")


@strawberry.input(description="The conversation, and all of its tags from now on.")
class SetConversationTagsInput:
    """For `setConversationTags`."""

    conversation_id: strawberry.ID = strawberry.field(description="The conversation's `id`.")
    tags: list[str] = strawberry.field(
        description="At most 20, each one line of 1 to 40 characters; the same one counts once."
    )


@strawberry.input(description="The message to send, where to, and whether to wait for the reply.")
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
    parent_message_id: strawberry.ID | None = strawberry.field(
        default=UNSET,
        description="What it follows: the message at the end of the branch that the person sees. "
        "Left out, the end of the branch that is shown.",
    )
    conversation_key: str | None = strawberry.field(default=UNSET, description=_CONVERSATION_KEY)
    message_key: str | None = strawberry.field(default=UNSET, description=_MESSAGE_KEY)
    delivery: ReplyDelivery = strawberry.field(
        default=ReplyDelivery.WAIT,
        description="Whether the mutation waits for the whole reply, or the reply is followed "
        "as it is written.",
    )
    model: str | None = strawberry.field(default=UNSET, description=_MODEL)


@strawberry.input(description="The message to write anew, and its new text.")
class EditMessageInput:
    """For `editMessage`."""

    message_id: strawberry.ID = strawberry.field(
        description="One of the viewer's own messages, wherever in the conversation."
    )
    content: str = strawberry.field(
        description="1 to 8,000 characters, not counting white space around them."
    )
    idempotency_key: str = strawberry.field(description=_KEY)
    message_key: str | None = strawberry.field(default=UNSET, description=_MESSAGE_KEY)
    delivery: ReplyDelivery = strawberry.field(
        default=ReplyDelivery.WAIT,
        description="Whether the mutation waits for the whole reply, or the reply is followed "
        "as it is written.",
    )
    model: str | None = strawberry.field(default=UNSET, description=_MODEL)


@strawberry.input(
    description="The message of which the branch is shown, or that is deleted with what follows it."
)
class MessageInput:
    """For mutations of a message and what follows it."""

    message_id: strawberry.ID = strawberry.field(description="The message's `id`.")


@strawberry.input(description="The reply, and what the person thinks of it from now on.")
class GiveFeedbackInput:
    """For `giveFeedback`."""

    message_id: strawberry.ID = strawberry.field(description="The `id` of a reply that has ended.")
    rating: FeedbackRating | None = strawberry.field(
        default=UNSET, description="Left out, what was given is taken back."
    )
    comment: str | None = strawberry.field(
        default=UNSET,
        description="1 to 2,000 characters about the reply, of one or more lines, with a rating; "
        "left out, there is none.",
    )


@strawberry.input(description="The message to answer again, and whether to wait for the new reply.")
class RegenerateReplyInput:
    """For `regenerateReply`."""

    message_id: strawberry.ID = strawberry.field(
        description="A message that the person sent, or a reply to it."
    )
    idempotency_key: str = strawberry.field(description=_KEY)
    delivery: ReplyDelivery = strawberry.field(
        default=ReplyDelivery.WAIT,
        description="Whether the mutation waits for the whole reply, or the reply is followed "
        "as it is written.",
    )
    model: str | None = strawberry.field(default=UNSET, description=_MODEL)


@strawberry.input(description="The reply to stop while it is being written.")
class StopReplyInput:
    """For `stopReply`."""

    message_id: strawberry.ID = strawberry.field(
        description="The `id` of the reply, as `sendMessage` or `regenerateReply` gave it."
    )
