"""The tasks that write the replies of conversations, with the background work they need."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager

from clients.llm import LanguageModel
from db.database import Database
from services.background.periodic import run_in_background
from services.generation.jobs import GenerationJobs
from services.generation.records import Assignment, ReplyDraft
from services.generation.writer import RecordOutcome, ReplyWriter
from services.guidance.progress import ProgressWriter
from services.guidance.reply_store import ConversationReplyStore
from services.guidance.stops import POLL_SECONDS, StopWatcher
from services.guidance.streaming_sink import StreamingSink
from streams import ReplyStreams


@asynccontextmanager
async def open_reply_jobs(
    database: Database,
    store: ConversationReplyStore,
    *,
    model: LanguageModel,
    model_name: str,
    streams: ReplyStreams,
    lease_seconds: float,
    grace_seconds: float,
    poll_seconds: float = POLL_SECONDS,
) -> AsyncIterator[GenerationJobs]:
    """Start the background work; leaving first lets the replies that are being written finish."""

    async def save(drafts: Mapping[int, ReplyDraft]) -> Collection[int]:
        async with database.read_primary() as connection:
            return await store.save(connection, drafts)

    def new_writer(assignment: Assignment, record: RecordOutcome) -> ReplyWriter:
        sink = StreamingSink(assignment.reply_id, streams, progress)
        return ReplyWriter(assignment, model=model, model_name=model_name, sink=sink, record=record)

    progress = ProgressWriter(save)
    jobs = GenerationJobs(
        database, store, new_writer, lease_seconds=lease_seconds, grace_seconds=grace_seconds
    )
    stops = StopWatcher(database, jobs, poll_seconds=poll_seconds)
    async with run_in_background(progress.run()), run_in_background(stops.run()), jobs:
        yield jobs
