"""Following a reply while it is written, from any piece on and from any instance."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from db.database import Database
from db.queries.chat import messages
from db.row import Row
from db.states import MessageStatus
from services.mutations.refusals import NotFound
from streams import Delta, ReplyStreams, StreamUnknown, split_pieces

_POLL_SECONDS = 0.25


async def follow_reply(
    database: Database, streams: ReplyStreams, *, user_id: int, reply_id: int, after: int
) -> AsyncGenerator[Delta | Row, None]:
    """Yield the pieces after index `after`, including those to come, and finally the stored reply.

    The stored text and the stream are cut into the same pieces, so one continues where the other
    ends: if the stream cannot be followed, the text that the writer stores from time to time is
    read instead. Raises `NotFound` if the user has no such reply.
    """
    last_index = max(0, after)
    while True:
        reply = await _reply(database, user_id, reply_id)
        for delta in split_pieces(reply["content"], reply["stream_ends"] or (), last_index):
            yield delta
            last_index = delta.index
        if reply["status"] != MessageStatus.STREAMING.value:
            yield reply
            return
        # A long-lived follower must not keep the stored text in memory.
        del reply
        before = last_index
        with suppress(StreamUnknown):
            async with aclosing(streams.follow(reply_id, last_index)) as deltas:
                async for delta in deltas:
                    yield delta
                    last_index = delta.index
        if last_index == before:
            await asyncio.sleep(_POLL_SECONDS)


async def _reply(database: Database, user_id: int, reply_id: int) -> Row:
    async with database.read_primary() as connection:
        reply = await messages.stream(connection, reply_id, user_id)
    if reply is None or reply["role"] != "assistant":
        raise NotFound("There is no such reply.")
    return reply
