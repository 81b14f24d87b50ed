"""Reading a reply while it is written, from any index on, on any instance."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from asyncpg import Record

from db.database import Database
from db.queries import messages
from services.generation.records import ReplyStatus
from services.refusal import NotFound
from streams import Delta, ReplyStreams, StreamUnknown, split

_POLL_SECONDS = 0.25


async def follow(
    database: Database, streams: ReplyStreams, *, user_id: int, reply_id: int, after: int
) -> AsyncGenerator[Delta | Record, None]:
    """Give the pieces after the index `after`, those to come too, and at last the stored reply.

    What is stored and what is streamed are cut into the same pieces, so that one takes over where
    the other ends: where a stream cannot be followed, what its writer stores now and then is.
    Raises `NotFound` for what is no reply of the user's.
    """
    seen = max(0, after)
    while True:
        reply = await _reply(database, user_id, reply_id)
        for delta in split(reply["content"], reply["stream_ends"] or (), seen):
            yield delta
            seen = delta.index
        if reply["status"] != ReplyStatus.STREAMING.value:
            yield reply
            return
        # Whoever follows for long keeps nothing of what is stored.
        del reply
        before = seen
        with suppress(StreamUnknown):
            async with aclosing(streams.follow(reply_id, seen)) as deltas:
                async for delta in deltas:
                    yield delta
                    seen = delta.index
        if seen == before:
            await asyncio.sleep(_POLL_SECONDS)


async def _reply(database: Database, user_id: int, reply_id: int) -> Record:
    async with database.read_primary() as connection:
        reply = await messages.stream(connection, reply_id, user_id)
    if reply is None or reply["role"] != "assistant":
        raise NotFound("There is no such reply.")
    return reply
