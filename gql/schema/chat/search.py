"""The types of a search in a person's messages, and how it is run."""

from asyncio import gather
from datetime import datetime
from typing import Annotated

import strawberry

from db.row import Row
from gql.context import RequestContext
from gql.schema.chat.message import Message
from gql.schema.connections import PageInfo, requested_size
from gql.values.cost_weights import Weight, weight_metadata
from gql.values.ids import key_of
from gql.values.mappings import Sourced
from gql.values.search_cursors import decode_search_cursor, encode_search_cursor, search_digest
from services.conversations.service import conversation_not_found
from services.search.service import SearchScope, check_query
from services.search.snippets import LONGEST_SNIPPET, snippet_of

SEARCH_WEIGHT = Weight(own_cost=10)
_RANGES_WEIGHT = Weight(item_cost=0)
Query = Annotated[
    str,
    strawberry.argument(
        description="1 to 200 characters. A message has to have all words of it, in any order: as "
        "they are, as beginnings of longer words, or with one letter amiss. In scripts without "
        "spaces between words any sequence of characters is found."
    ),
]
ConversationFilter = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Looks only into the conversation with this `id`."),
]
Since = Annotated[
    datetime | None,
    strawberry.argument(description="Looks only at messages from this instant on."),
]
Until = Annotated[
    datetime | None,
    strawberry.argument(description="Looks only at messages from before this instant."),
]


@strawberry.type(description="A range of a text, counted in UTF-16 code units as JavaScript does.")
class TextRange:
    """A half-open range."""

    start: int = strawberry.field(description="The first code unit of the range, from 0 on.")
    end: int = strawberry.field(description="The first code unit behind the range.")


@strawberry.type(description="A message that was found.")
class MessageSearchEdge:
    """An edge of a `MessageSearchConnection`."""

    cursor: str = strawberry.field(description="The place among the results, for `after`.")
    node: Sourced[Message, Row] = strawberry.field(description="The message that was found.")
    snippet: str = strawberry.field(
        description=f"A piece of the message around what was found: about {LONGEST_SNIPPET} "
        "characters, with an ellipsis where it was cut."
    )
    highlights: list[TextRange] = strawberry.field(
        description="Where in the snippet it stands, in order and without overlaps.",
        metadata=weight_metadata(_RANGES_WEIGHT),
    )


@strawberry.type(description="A page of messages that were found, best first.")
class MessageSearchConnection:
    """A page of the results of a search."""

    edges: list[MessageSearchEdge] = strawberry.field(description="The messages of the page.")
    page_info: PageInfo = strawberry.field(
        description="Whether there are more, and the cursors to ask for them."
    )


async def found_messages(
    context: RequestContext,
    user_key: int,
    query: str,
    *,
    first: int | None,
    after: str | None,
    conversation_id: str | None,
    since: datetime | None,
    until: datetime | None,
) -> MessageSearchConnection:
    """The page of a search; raises `BadUserInput`, `InvalidInput` and `NotFound`."""
    size = requested_size(first)
    check_query(query)
    place = None if conversation_id is None else await _conversation_key(context, conversation_id)
    digest = search_digest(user_key, query, place, since, until)
    page = await context.services.search.search(
        user_key,
        SearchScope(query, place, since, until),
        first=size,
        after=None if after is None else decode_search_cursor(digest, after),
    )
    loader = context.loaders.message
    rows = await gather(*(loader.load(one.message_id) for one in page.positions))
    edges = [
        _edge(row, query, encode_search_cursor(digest, position))
        for row, position in zip(rows, page.positions, strict=True)
        if row is not None
    ]
    cursors: list[str | None] = [one.cursor for one in edges]
    return MessageSearchConnection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=page.has_next,
            has_previous_page=False,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        ),
    )


async def _conversation_key(context: RequestContext, id_: str) -> int:
    key = key_of("Conversation", id_)
    if key is None or await context.loaders.conversation.load(key) is None:
        raise conversation_not_found()
    return key


def _edge(row: Row, query: str, cursor: str) -> MessageSearchEdge:
    snippet = snippet_of(row["content"], query)
    ranges = [TextRange(start=one.start, end=one.end) for one in snippet.highlights]
    return MessageSearchEdge(cursor=cursor, node=row, snippet=snippet.text, highlights=ranges)
