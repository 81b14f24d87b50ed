"""The parts of chat, built once a process: the model, the streams, the jobs, the services."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.settings import Settings
from clients.llm import LanguageModel
from clients.llm.opening import open_language_model
from db.database import Database
from keyvalue import KeyValueClient
from services.clock import Clock
from services.conversations.service import ConversationService
from services.guidance.care import Timing
from services.guidance.exchanges import Exchanges
from services.guidance.jobs import ReplyJobs, WriterFactory
from services.guidance.records import ContextWindow
from services.guidance.service import GuidanceService
from services.guidance.writer import Assignment, Record, Writer
from services.metered.jobs import MeteredJobs
from services.metered.service import MeteredGuidance
from services.metered.writing import Writer as MeteredWriter
from streams import ReplyStreams
from streams.coalescing import INTERVAL_SECONDS
from streams.redis import RedisStreams


@dataclass(frozen=True, slots=True)
class Chat:
    """What a process serves chat with."""

    conversations: ConversationService
    guidance: GuidanceService
    streams: ReplyStreams
    metered: MeteredGuidance


@asynccontextmanager
async def open_chat(
    settings: Settings, database: Database, keyvalue: KeyValueClient | None, *, clock: Clock
) -> AsyncIterator[Chat]:
    """Build the parts; leaving lets the replies that are being written finish for a while."""
    timing = Timing(lease_seconds=settings.chat_reply_lease_seconds)
    async with (
        open_streams(keyvalue) as streams,
        open_language_model(settings.language_model) as model,
        MeteredJobs(
            database,
            MeteredWriter(model, settings.chat_llm_model),
            lease_seconds=timing.lease_seconds,
            grace_seconds=settings.shutdown_grace_seconds,
        ) as metered_jobs,
        ReplyJobs(
            database,
            _writers(settings, model, streams),
            timing=timing,
            grace_seconds=settings.shutdown_grace_seconds,
            clock=clock,
        ) as jobs,
    ):
        exchanges = Exchanges(
            owner=jobs.owner,
            lease_seconds=timing.lease_seconds,
            model_name=settings.chat_llm_model,
            window=ContextWindow(
                messages=settings.chat_context_window_messages,
                characters=settings.chat_context_max_characters,
            ),
        )
        yield Chat(
            conversations=ConversationService(database, clock=clock),
            guidance=GuidanceService(database, jobs, streams, exchanges, clock=clock),
            streams=streams,
            metered=MeteredGuidance(
                database,
                metered_jobs,
                settings.usage_contract,
                patience_seconds=settings.chat_llm_timeout_seconds,
                clock=clock,
            ),
        )


@asynccontextmanager
async def open_streams(keyvalue: KeyValueClient | None) -> AsyncIterator[ReplyStreams]:
    """Open the streams of replies, shared by all instances where there is a Redis."""
    streams = ReplyStreams(None if keyvalue is None else RedisStreams(keyvalue))
    yield streams
    await streams.close()


def _writers(settings: Settings, model: LanguageModel, streams: ReplyStreams) -> WriterFactory:
    def new_writer(assignment: Assignment, record: Record) -> Writer:
        return Writer(
            assignment,
            model=model,
            model_name=settings.chat_llm_model,
            streams=streams,
            interval_seconds=INTERVAL_SECONDS,
            record=record,
        )

    return new_writer
