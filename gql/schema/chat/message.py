"""The type of messages, and its connection."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import UNSET

from db.reply_key import ReplyKey
from db.row import Row
from db.states import MessageRole, MessageStatus
from gql.context import Info, page_reads
from gql.schema import described
from gql.schema.chat.feedback import MessageFeedback
from gql.schema.chat.models import GenerationPart
from gql.schema.connections import After, First, PageInfo, page_info, requested_page
from gql.schema.node import Node
from gql.values.cost_weights import COUNT_WEIGHT, Weight
from gql.values.mapped_future import map_future
from gql.values.mappings import (
    Column,
    Cursor,
    GlobalId,
    Instant,
    Member,
    Nested,
    ObjectMapping,
    Sourced,
)
from loaders import PageKey, SiblingPlace, Slice
from loaders.batching.loader import LoaderFuture
from services.generation.models.calls import Part

if TYPE_CHECKING:
    from gql.schema.chat.conversation import Conversation


@strawberry.type(description="How a reply came about.")
class Generation:
    """The models' side of a reply."""

    reply_key: strawberry.Private[int]
    model: str = strawberry.field(description="The model that wrote it, or the end of it.")
    attempts: int = strawberry.field(description="How often a model was asked.")
    prompt_tokens: int | None = strawberry.field(
        description="Tokens read, as the models count, of all parts together."
    )
    completion_tokens: int | None = strawberry.field(
        description="Tokens written, as the models count, of all parts together."
    )
    latency_ms: int | None = strawberry.field(
        description="Milliseconds from asking to the end of the reply."
    )

    @described.field(
        "Which model wrote what, in the order of the text; more than one where another model "
        "went on.",
        Weight(assumed_size=2),
    )
    def parts(self, info: Info) -> Sourced[list[GenerationPart], tuple[Part, ...]]:
        context = info.context
        if context.viewer_id is None:
            loader, owner_id = (
                context.loaders.parts_by_metered_reply,
                context.require_api_client().account_id,
            )
        else:
            loader, owner_id = context.loaders.parts_by_reply, context.viewer_id
        whole = Part(
            self.model,
            0,
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
        )
        return map_future(
            loader.start(ReplyKey(owner_id, self.reply_key)), lambda parts: parts or (whole,)
        )


GENERATION = ObjectMapping(
    Generation,
    {
        "reply_key": Column("id"),
        **{
            name: Column(name)
            for name in ("model", "attempts", "prompt_tokens", "completion_tokens", "latency_ms")
        },
    },
)


@strawberry.type(description="One message of a conversation: a person's, or the model's reply.")
class Message(Node):
    """A message of the viewer's."""

    conversation_key: strawberry.Private[int]
    role: MessageRole = strawberry.field(
        description="Whether the person or the model wrote the message."
    )
    status: MessageStatus = strawberry.field(
        description="Whether the message is complete, being written, stopped or failed."
    )
    content: str = strawberry.field(description="The text, as far as it is written.")
    created_at: datetime = strawberry.field(
        description="When the message was stored; a reply, when it was begun."
    )
    generation: Generation | None = strawberry.field(
        description="How the reply came about; null on the person's own messages."
    )

    @described.field("The conversation that it belongs to.")
    def conversation(
        self, info: Info
    ) -> Sourced[
        Annotated["Conversation", strawberry.lazy("gql.schema.chat.conversation")],
        LoaderFuture[Row | None],
    ]:
        return info.context.loaders.conversation.start(self.conversation_key)

    @described.field("What it answers or follows; null on a first message.")
    def parent(
        self, info: Info
    ) -> Sourced[
        Annotated["Message", strawberry.lazy("gql.schema.chat.message")] | None,
        LoaderFuture[Row | None],
    ]:
        return info.context.loaders.parent_message.start(self.key)

    @described.field("How many messages have the same parent, itself among them.", COUNT_WEIGHT)
    def sibling_count(self, info: Info) -> Sourced[int, LoaderFuture[int]]:
        return map_future(info.context.loaders.sibling_place.start(self.key), _count)

    @described.field("Its place among them, oldest first, from 0.", COUNT_WEIGHT)
    def sibling_index(self, info: Info) -> Sourced[int, LoaderFuture[int]]:
        return map_future(info.context.loaders.sibling_place.start(self.key), _index)

    @described.field(
        "What the viewer thinks of the reply; null until they say so, and on their own messages."
    )
    def feedback(self, info: Info) -> Sourced[MessageFeedback | None, LoaderFuture[Row | None]]:
        return info.context.loaders.feedback_by_message.start(self.key)

    @described.field(
        "The messages with the same parent, itself among them, oldest first: the versions of a "
        "person's message, or the replies to one."
    )
    def siblings(
        self, info: Info, first: First = UNSET, after: After = UNSET
    ) -> Sourced[
        Annotated["MessageConnection", strawberry.lazy("gql.schema.chat.message")],
        LoaderFuture[Slice],
    ]:
        page = requested_page(MESSAGES, self.key, first=first, after=after)
        return info.context.loaders.siblings.start(PageKey(self.key, page, None, page_reads(info)))


def _count(place: SiblingPlace) -> int:
    return place.count


def _index(place: SiblingPlace) -> int:
    return place.index


MESSAGE = ObjectMapping(
    Message,
    {
        "key": Column("id"),
        "id": GlobalId("Message"),
        "conversation_key": Column("conversation_id"),
        "role": Column("role", MessageRole),
        "status": Column("status", MessageStatus),
        "content": Column("content"),
        "created_at": Instant("created_at"),
        # Messages of people have none.
        "generation": Nested(GENERATION, unless_null="model"),
    },
)


@strawberry.type(description="A message at its place in the list.")
class MessageEdge:
    """An edge of a `MessageConnection`."""

    node: Message = strawberry.field(description="The message at this place of the list.")
    cursor: str = strawberry.field(description="The message's place, for `after` and `before`.")


MESSAGES, _AT = "messages", "created_at"
"""The name of a conversation's list of messages in cursors, and the column that orders it."""
MESSAGE_EDGE = ObjectMapping(
    MessageEdge, {"node": Nested(MESSAGE), "cursor": Cursor(MESSAGES, _AT)}
)


@strawberry.type(description="A page of messages, oldest first.")
class MessageConnection:
    """A page of one conversation's messages."""

    edges: list[MessageEdge] = strawberry.field(description="The messages of the page.")
    page_info: PageInfo = strawberry.field(
        description="Whether there are more before and after the page, and the cursors to ask "
        "for them."
    )


MESSAGE_CONNECTION = ObjectMapping(
    MessageConnection,
    {"edges": Member("rows"), "page_info": page_info(MESSAGES, _AT)},
    source=Slice,
)
MAPPINGS = (
    GENERATION,
    MESSAGE,
    MESSAGE_EDGE,
    MESSAGE_CONNECTION,
)
