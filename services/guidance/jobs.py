"""The jobs that write the replies of conversations, with what must go on beside them."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager

from clients.llm import LanguageModel
from db.database import Database
from services.generation.jobs import GenerationJobs
from services.generation.records import Assignment, Written
from services.generation.writer import Record, Writer
from services.guidance.progress import Progress
from services.guidance.replies import ConversationReplies
from services.guidance.stops import LOOK_SECONDS, StopWatcher
from services.guidance.streamed_text import StreamedText
from services.periodic import running
from streams import ReplyStreams


@asynccontextmanager
async def open_reply_jobs(
    database: Database,
    replies: ConversationReplies,
    *,
    model: LanguageModel,
    model_name: str,
    streams: ReplyStreams,
    lease_seconds: float,
    grace_seconds: float,
    look_seconds: float = LOOK_SECONDS,
) -> AsyncIterator[GenerationJobs]:
    """Begin to look after replies; leaving lets those that are being written finish first."""

    async def save(written: Mapping[int, Written]) -> Collection[int]:
        async with database.read_primary() as connection:
            return await replies.save(connection, written)

    def new_writer(assignment: Assignment, record: Record) -> Writer:
        sink = StreamedText(assignment.reply_id, streams, progress)
        return Writer(assignment, model=model, model_name=model_name, sink=sink, record=record)

    progress = Progress(save)
    jobs = GenerationJobs(
        database, replies, new_writer, lease_seconds=lease_seconds, grace_seconds=grace_seconds
    )
    stops = StopWatcher(database, jobs, look_seconds=look_seconds)
    async with running(progress.run()), running(stops.run()), jobs:
        yield jobs
