"""Ending the replies whose process died."""

from db.database import Database
from metrics.replies import reply_abandoned
from services.clock import Clock
from services.guidance.endings import end_abandoned
from streams import ReplyStreams


async def end_abandoned_replies(database: Database, streams: ReplyStreams, clock: Clock) -> int:
    """End every reply whose lease ran out, in any number of processes at once; give how many.

    A reply is ended once and its unit given back once, whoever comes first.
    """
    count = 0
    while True:
        async with database.begin() as transaction:
            reply_id = await end_abandoned(transaction, now=clock())
        if reply_id is None:
            return count
        await streams.abandon(reply_id)
        reply_abandoned()
        count += 1
