"""The tasks that write the replies of conversations, with the background work they need."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager

from db.database import Database
from services.background.periodic import run_in_background
from services.generation.jobs import GenerationConfig, GenerationJobs
from services.generation.records import ReplyDraft
from services.guidance.progress import ProgressWriter
from services.guidance.reply_store import ConversationReplyStore
from services.guidance.stops import POLL_SECONDS, StopWatcher
from services.guidance.streaming_sink import StreamingSink
from streams import ReplyStreams


@asynccontextmanager
async def open_reply_jobs(
    database: Database,
    store: ConversationReplyStore,
    streams: ReplyStreams,
    config: GenerationConfig,
    *,
    poll_seconds: float = POLL_SECONDS,
) -> AsyncIterator[GenerationJobs]:
    """Start the background work; leaving first lets the replies that are being written finish."""

    async def save(drafts: Mapping[int, ReplyDraft]) -> Collection[int]:
        async with database.read_primary() as connection:
            return await store.save(connection, drafts)

    def new_sink(reply_id: int) -> StreamingSink:
        return StreamingSink(reply_id, streams, progress)

    progress = ProgressWriter(save)
    jobs = GenerationJobs(database, store, new_sink, config)
    stops = StopWatcher(database, jobs, poll_seconds=poll_seconds)
    async with run_in_background(progress.run()), run_in_background(stops.run()), jobs:
        yield jobs
