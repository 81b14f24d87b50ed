"""A database that nobody can reach for a while, and models that wait for it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from clients.llm import ALONE, GenerationReport, PromptMessage, TimeShare
from tests.fixtures.stores.postgres import run, url_of


class PatientModel:
    """Begins at once, and goes on when it may."""

    def __init__(self) -> None:
        self.may_go_on = asyncio.Event()
        self.requested = 0

    async def generate(
        self,
        _messages: Sequence[PromptMessage],
        report: GenerationReport,
        _time: TimeShare = ALONE,
    ) -> AsyncGenerator[str, None]:
        self.requested += 1
        report.attempts += 1
        yield "Good "
        await self.may_go_on.wait()
        yield "day!"


@asynccontextmanager
async def outage(url: str) -> AsyncIterator[None]:
    """End every session of a database, and refuse new ones, until the block is left."""
    name, server = urlsplit(url).path.removeprefix("/"), url_of(url, "template1")
    end = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    await run(server, f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false', end)
    try:
        yield
    finally:
        await run(server, f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
