"""Metered guidance without HTTP: instances on one database, with models that tests control."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from secrets import token_bytes
from typing import Any

import asyncpg

from clients.llm import (
    ALONE,
    GenerationReport,
    LanguageModel,
    PromptMessage,
    TimeShare,
)
from db.database import Database, open_database
from db.row import Row
from services.callers.principal import ApiClient
from services.clock import Clock
from services.enterprise.credentials import CredentialService
from services.enterprise.records import UsageContract, UsageLimitMode
from services.generation.jobs import GenerationConfig, GenerationJobs
from services.generation.models.catalogue import ChatModel, ModelCatalogue
from services.generation.recovery import recover_abandoned
from services.metered.buffered_sink import BufferedSink
from services.metered.records import Question
from services.metered.reply_store import MeteredReplyStore
from services.metered.service import MeteredGuidance
from tests.fixtures.stores.postgres import rows_of
from tests.fixtures.stores.world import ADAS_COMPANY, GRACES_COMPANY, GRACES_CREDENTIAL, NOW

ADAS_CLIENT = ApiClient(ADAS_COMPANY, 3)

GRACES_CLIENT = ApiClient(GRACES_COMPANY, GRACES_CREDENTIAL)
"""Her company has used 7 requests on this day, and no other."""
QUESTION = Question("We have two compilers.", "Have one.", None)
GENEROUS = UsageContract(10_000, 10_000, UsageLimitMode.BLOCK)


class PromptModel:
    """Says what it was asked, at once."""

    def __init__(self) -> None:
        self.requested = 0

    async def generate(
        self,
        messages: Sequence[PromptMessage],
        report: GenerationReport,
        _time: TimeShare = ALONE,
    ) -> AsyncGenerator[str, None]:
        self.requested += 1
        report.attempts += 1
        yield "You asked: "
        yield messages[-1].content


@dataclass
class Instance:
    """One process's metered guidance."""

    url: str
    database: Database
    jobs: GenerationJobs
    metered: MeteredGuidance
    credentials: CredentialService

    async def generate(
        self,
        key: str = "key",
        *,
        client: ApiClient = GRACES_CLIENT,
        objective: str = QUESTION.objective,
    ) -> Row:
        question = replace(QUESTION, objective=objective)
        return await self.metered.generate(client, question, idempotency_key=key)

    async def rows(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        return await rows_of(self.url, query, *arguments)

    # Any: a column of any type.
    async def value(self, query: str, *arguments: object) -> Any:
        (row,) = await self.rows(query, *arguments)
        return row[0]

    async def used(self, account: int = GRACES_COMPANY) -> int:
        """What is counted today."""
        count: int | None = await self.value(
            "SELECT sum(request_count) FROM enterprise_daily_usages "
            "WHERE enterprise_account_id = $1 AND usage_date = $2",
            account,
            NOW.date(),
        )
        return count or 0

    async def running(self) -> int:
        """How many replies are on record as being written."""
        count: int = await self.value(
            "SELECT count(*) FROM enterprise_generations WHERE status = 'running'"
        )
        return count


@asynccontextmanager
async def instance(
    url: str,
    model: LanguageModel,
    *,
    contract: UsageContract = GENEROUS,
    clock: Clock = lambda: NOW,
    pool_size: int = 4,
    lease_seconds: float = 30,
    wait_timeout_seconds: float = 20,
) -> AsyncIterator[Instance]:
    """One instance on the database at `url`, which others may share."""
    config = GenerationConfig(ModelCatalogue((ChatModel("scripted", model),)), lease_seconds)
    async with (
        open_database(
            url, replica_url=None, pool_size=pool_size, observe=lambda *_: None
        ) as database,
        GenerationJobs(
            database, MeteredReplyStore(database, clock=clock), lambda _: BufferedSink(), config
        ) as jobs,
    ):
        metered = MeteredGuidance(
            database,
            jobs,
            contract,
            wait_timeout_seconds=wait_timeout_seconds,
            clock=clock,
        )
        credentials = CredentialService(database, clock=clock, random_bytes=token_bytes)
        yield Instance(url, database, jobs, metered, credentials)


async def recover(parts: Instance) -> int:
    """Release, or end, what processes that are gone have left; returns how many replies."""
    store = MeteredReplyStore(parts.database, clock=lambda: NOW)
    return await recover_abandoned(parts.database, store, lease_seconds=30)
