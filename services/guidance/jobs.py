"""The tasks that write the replies of conversations, with the background work they need."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from db.database import Database
from db.reply_key import ReplyKey
from services.background.periodic import run_in_background
from services.generation.jobs import GenerationConfig, GenerationJobs
from services.generation.records import Assignment, ReplyDraft
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
    """Start the background work; leaving first hands over the replies that are being written."""

    async def save(drafts: Mapping[ReplyKey, ReplyDraft]) -> Mapping[ReplyKey, bool]:
        return await store.save(jobs.owner, drafts)

    def new_sink(assignment: Assignment) -> StreamingSink:
        return StreamingSink(assignment, streams, progress)

    progress = ProgressWriter(save)
    jobs = GenerationJobs(database, store, new_sink, config)
    stops = StopWatcher(database, jobs, poll_seconds=poll_seconds)
    async with run_in_background(progress.run()), run_in_background(stops.run()), jobs:
        yield jobs
