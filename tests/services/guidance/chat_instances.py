"""Chat without HTTP: its services on a real database, and a model that says what a test wants."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg

from clients.llm import ALONE, GenerationReport, LanguageModel, PromptMessage, TimeShare
from db.database import Database, open_database
from services.clock import Clock
from services.conversations.branches import BranchService
from services.conversations.service import ConversationService
from services.generation.jobs import GenerationConfig, GenerationJobs
from services.generation.models.catalogue import ChatModel, ModelCatalogue
from services.generation.recovery import recover_abandoned
from services.guidance.exchanges import ExchangeRecorder
from services.guidance.jobs import open_reply_jobs
from services.guidance.records import ContextWindow
from services.guidance.reply_store import ConversationReplyStore
from services.guidance.service import GuidanceService
from streams import ReplyStreams
from tests.fixtures.stores.postgres import rows_of
from tests.fixtures.stores.world import ADA, NOW

PATIENCE_SECONDS = 20


@dataclass
class ScriptedModel:
    """Says what `say` is given, until `end` or `fail` is called; counts what it is asked."""

    prompts: list[list[PromptMessage]] = field(default_factory=list)
    cancelled: int = 0
    _script: "asyncio.Queue[str | BaseException | None]" = field(default_factory=asyncio.Queue)

    def say(self, *pieces: str) -> None:
        for piece in pieces:
            self._script.put_nowait(piece)

    def end(self, *pieces: str) -> None:
        self.say(*pieces)
        self._script.put_nowait(None)

    def fail(self, error: BaseException, *pieces: str) -> None:
        self.say(*pieces)
        self._script.put_nowait(error)

    async def generate(
        self,
        messages: Sequence[PromptMessage],
        report: GenerationReport,
        _time: TimeShare = ALONE,
    ) -> AsyncGenerator[str, None]:
        self.prompts.append(list(messages))
        report.attempts += 1
        try:
            while (piece := await self._script.get()) is not None:
                if isinstance(piece, BaseException):
                    raise piece
                yield piece
        except (asyncio.CancelledError, GeneratorExit):
            self.cancelled += 1
            raise
        report.prompt_tokens, report.completion_tokens = 11, 22


@dataclass
class Instance:
    """One instance of chat."""

    url: str
    database: Database
    model: ScriptedModel
    streams: ReplyStreams
    replies: ConversationReplyStore
    jobs: GenerationJobs
    conversations: ConversationService
    branches: BranchService
    guidance: GuidanceService

    async def rows(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        return await rows_of(self.url, query, *arguments)

    # Any: a column of any type.
    async def value(self, query: str, *arguments: object) -> Any:
        (row,) = await self.rows(query, *arguments)
        return row[0]

    async def start(self, *, title: str | None = None, key: str = "start") -> int:
        """Ada starts a conversation."""
        started = await self.conversations.start(ADA, title=title, idempotency_key=key)
        return int(started["id"])


@asynccontextmanager
async def instance(
    url: str,
    *,
    streams: ReplyStreams | None = None,
    clock: Clock = lambda: NOW,
    lease_seconds: float = 30,
    model: LanguageModel | None = None,
    name: str = "scripted",
    others: Sequence[ChatModel] = (),
) -> AsyncIterator[Instance]:
    """One instance on the database at `url`, which others may share.

    Its model is called `name`, and followed by `others` where it fails.
    """
    scripted, streams = ScriptedModel(), streams or ReplyStreams(None)
    config = GenerationConfig(
        ModelCatalogue((ChatModel(name, model or scripted), *others)), lease_seconds
    )
    window = ContextWindow(12, 4_000)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(
            open_database(url, replica_url=None, pool_size=4, observe=lambda *_: None)
        )
        replies = ConversationReplyStore(database, streams, window, clock=clock)
        jobs = await stack.enter_async_context(
            open_reply_jobs(database, replies, streams, config, poll_seconds=0.05)
        )
        exchanges = ExchangeRecorder(jobs, window)
        yield Instance(
            url,
            database,
            scripted,
            streams,
            replies,
            jobs,
            ConversationService(database, clock=clock),
            BranchService(database, streams, clock=clock),
            GuidanceService(database, jobs, replies, streams, exchanges, clock=clock),
        )


async def recover(parts: Instance) -> int:
    """Release, or end, what processes that are gone have left; returns how many replies."""
    return await recover_abandoned(parts.database, parts.replies, lease_seconds=30)


async def until(condition: Callable[[], Any]) -> None:
    """Wait for a condition, which may be a coroutine function."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            met = condition()
            if await met if asyncio.iscoroutine(met) else met:
                return
            await asyncio.sleep(0.01)


def at(instant: datetime) -> Clock:
    """A clock that stands still."""
    return lambda: instant
