"""Chat: the language models, reply streams, generation jobs, and the services on top."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from app.composition.models import context_window, open_models, title_model
from app.composition.shared_stores import open_streams
from app.settings import Settings
from db.database import Database
from keyvalue import KeyValue
from services.clock import Clock
from services.conversations.branches import BranchService
from services.conversations.feedback import FeedbackService
from services.conversations.service import ConversationService
from services.generation.jobs import GenerationConfig, GenerationJobs
from services.generation.recovery import Recovery
from services.guidance.exchanges import ExchangeRecorder
from services.guidance.jobs import open_reply_jobs
from services.guidance.reply_store import ConversationReplyStore
from services.guidance.service import GuidanceService
from services.guidance.titles.writer import TitleWriter
from services.metered.buffered_sink import BufferedSink
from services.metered.reply_store import MeteredReplyStore
from services.metered.service import MeteredGuidance
from streams import ReplyStreams


@dataclass(frozen=True, slots=True)
class Chat:
    """The parts of chat."""

    conversations: ConversationService
    branches: BranchService
    feedback: FeedbackService
    guidance: GuidanceService
    streams: ReplyStreams
    jobs: tuple[GenerationJobs, ...]
    metered: MeteredGuidance
    recoveries: Mapping[str, Recovery]
    """What releases the replies of processes that died, by background job name."""

    def end_takeovers(self) -> None:
        """Take over no more replies of other processes."""
        for one in self.jobs:
            one.end_takeovers()

    def hand_over(self) -> None:
        """Hand over the replies that nobody waits for here."""
        for one in self.jobs:
            one.hand_over()


@asynccontextmanager
async def open_chat(
    settings: Settings, database: Database, keyvalue: KeyValue | None, *, clock: Clock
) -> AsyncIterator[Chat]:
    """Build chat; leaving hands over the replies that are still being generated."""
    lease_seconds = settings.chat_reply_lease_seconds
    async with AsyncExitStack() as stack:
        streams = await stack.enter_async_context(open_streams(keyvalue))
        models = await stack.enter_async_context(open_models(settings))
        config = GenerationConfig(models, lease_seconds)
        titles = None
        if settings.chat_titles:
            titler = title_model(settings, models)
            titles = await stack.enter_async_context(TitleWriter(database, titler, clock=clock))
        window = context_window(settings)
        replies = ConversationReplyStore(database, streams, window, clock=clock, titles=titles)
        metered_replies = MeteredReplyStore(database, clock=clock)
        metered = await stack.enter_async_context(
            GenerationJobs(database, metered_replies, lambda _: BufferedSink(), config)
        )
        jobs = await stack.enter_async_context(open_reply_jobs(database, replies, streams, config))
        exchanges = ExchangeRecorder(jobs, window)
        yield Chat(
            conversations=ConversationService(database, clock=clock),
            branches=BranchService(database, streams, clock=clock),
            feedback=FeedbackService(database, clock=clock),
            guidance=GuidanceService(database, jobs, replies, streams, exchanges, clock=clock),
            streams=streams,
            jobs=(jobs, metered),
            metered=_metered_guidance(settings, database, metered, clock),
            recoveries={
                "recover_replies": Recovery(database, replies, lease_seconds=lease_seconds),
                "recover_metered_replies": Recovery(
                    database, metered_replies, lease_seconds=lease_seconds
                ),
            },
        )


def _metered_guidance(
    settings: Settings, database: Database, jobs: GenerationJobs, clock: Clock
) -> MeteredGuidance:
    return MeteredGuidance(
        database,
        jobs,
        settings.usage_contract,
        wait_timeout_seconds=settings.chat_llm_timeout_seconds,
        clock=clock,
    )
