"""The type of conversations, and its connection."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import UNSET

from db.page import Filter, Page, filter_by
from db.row import Row
from db.states import ConversationStatus
from gql.context import Info, page_reads
from gql.schema import described
from gql.schema.chat.message import MESSAGES, Message, MessageConnection
from gql.schema.connections import (
    After,
    Before,
    First,
    Last,
    PageInfo,
    page_info,
    requested_page,
)
from gql.schema.node import Node
from gql.values.cost_weights import COUNT_WEIGHT, Weight
from gql.values.ids import key_of
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
from loaders import ConversationCountKey, MessageKey, PageKey, Slice
from loaders.batching.loader import LoaderFuture

TAGS_WEIGHT = Weight(own_cost=1)
"""The weight of a list of tags, which one statement reads."""
_LAST = Page(size=1, is_backward=True)
ClientKey = Annotated[
    str, strawberry.argument(description="The name that the client gave when it sent the message.")
]
BranchFilter = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="A message of the conversation through which the branch goes; left out, the "
        "branch that is shown. Nothing is listed if the conversation has no such message."
    ),
]


@strawberry.type(description="A person's conversation with the model.")
class Conversation(Node):
    """A conversation of the viewer's."""

    title: str = strawberry.field(
        description="The conversation's title, of at most 120 characters."
    )
    status: ConversationStatus = strawberry.field(
        description="Whether the conversation is in use, or in the archive."
    )
    is_pinned: bool = strawberry.field(description="Whether the person has pinned it.")
    created_at: datetime = strawberry.field(description="When the conversation was started.")
    updated_at: datetime = strawberry.field(description="When the last message was added.")

    @described.field("The last message of the branch that is shown; null in an empty conversation.")
    def last_message(self, info: Info) -> Sourced[Message | None, Row | None]:
        key = PageKey(self.key, _LAST, None, page_reads(info))
        return map_future(info.context.loaders.messages_by_conversation.start(key), _first_message)

    @described.field("How many messages it has, those of all branches.", COUNT_WEIGHT)
    def message_count(self, info: Info) -> Sourced[int, LoaderFuture[int]]:
        return info.context.loaders.message_count.start(self.key)

    @described.field(
        "The person's message that a client sent under a name of its own, its `messageKey`; null "
        "when there is none."
    )
    def message_by_key(
        self, info: Info, key: ClientKey
    ) -> Sourced[Message | None, LoaderFuture[Row | None]]:
        return info.context.loaders.message_by_key.start(MessageKey(self.key, key))

    @described.field("The tags that the person gave it, in alphabetical order.", TAGS_WEIGHT)
    def tags(self, info: Info) -> Sourced[list[str], LoaderFuture[tuple[str, ...]]]:
        return info.context.loaders.tags_by_conversation.start(self.key)

    @described.field(
        "Oldest first; `last` with `before` walks back through the history. The branch that is "
        "shown, or the one through the message `branch` to the leaf that was shown last below it."
    )
    def messages(
        self,
        info: Info,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
        branch: BranchFilter = UNSET,
    ) -> Sourced[MessageConnection, LoaderFuture[Slice]]:
        page = requested_page(
            MESSAGES, self.key, first=first, after=after, last=last, before=before
        )
        # Most documents name no branch, and this is called for each conversation of a page.
        filter_ = _through(branch) if isinstance(branch, str) else None
        key = PageKey(self.key, page, filter_, page_reads(info))
        return info.context.loaders.messages_by_conversation.start(key)


def _through(branch: str) -> Filter | None:
    """The branch through a message; through 0, which is none, for the id of anything else."""
    return filter_by(branch=key_of("Message", branch) or 0)


CONVERSATION = ObjectMapping(
    Conversation,
    {
        "key": Column("id"),
        "id": GlobalId("Conversation"),
        "title": Column("title"),
        "status": Column("status", ConversationStatus),
        "is_pinned": Column("is_pinned"),
        "created_at": Instant("created_at"),
        "updated_at": Instant("updated_at"),
    },
)


def _first_message(found: Slice) -> Row | None:
    return found.rows[0] if found.rows else None


@strawberry.type(description="A conversation at its place in the list.")
class ConversationEdge:
    """An edge of a `ConversationConnection`."""

    node: Conversation = strawberry.field(description="The conversation at this place of the list.")
    cursor: str = strawberry.field(
        description="The conversation's place, for `after` and `before`."
    )


_CONVERSATIONS, _AT = "conversations", "updated_at"
CONVERSATION_EDGE = ObjectMapping(
    ConversationEdge,
    {"node": Nested(CONVERSATION), "cursor": Cursor(_CONVERSATIONS, _AT)},
)


@strawberry.type(description="A page of conversations, ordered by `updatedAt`, newest first.")
class ConversationConnection:
    """A page of one user's conversations, of those that pass the filter if there is one."""

    user_key: strawberry.Private[int]
    filter: strawberry.Private[Filter | None]
    edges: list[ConversationEdge] = strawberry.field(description="The conversations of the page.")
    page_info: PageInfo = strawberry.field(
        description="Whether there are more before and after the page, and the cursors to ask "
        "for them."
    )

    @described.field("How many conversations the whole list has.", COUNT_WEIGHT)
    def total_count(self, info: Info) -> Sourced[int, LoaderFuture[int]]:
        key = ConversationCountKey(self.user_key, self.filter)
        return info.context.loaders.conversation_count.start(key)


CONVERSATION_CONNECTION = ObjectMapping(
    ConversationConnection,
    {
        "user_key": Member("parent_id"),
        "filter": Member("filter"),
        "edges": Member("rows"),
        "page_info": page_info(_CONVERSATIONS, _AT),
    },
    source=Slice,
)


def conversations_of(
    user_key: int,
    filter_: Filter | None,
    info: Info,
    *,
    first: First,
    after: After,
    last: Last,
    before: Before,
) -> Sourced[ConversationConnection, LoaderFuture[Slice]]:
    """The page of a user's conversations that the arguments ask for."""
    page = requested_page(
        _CONVERSATIONS, user_key, first=first, after=after, last=last, before=before
    )
    key = PageKey(user_key, page, filter_, page_reads(info))
    if filter_ is not None and "tag" in dict(filter_):
        return info.context.loaders.conversations_by_tag.start(key)
    return info.context.loaders.conversations_by_user.start(key)


MAPPINGS = (
    CONVERSATION,
    CONVERSATION_EDGE,
    CONVERSATION_CONNECTION,
)
