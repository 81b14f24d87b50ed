"""Latency of one caller's requests while another caller floods the server."""

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import perf_counter

import click
import orjson

from db.database import open_database
from db.queries.enterprise import credentials
from perf.servers.connection import connected, encode_post
from perf.servers.process import OURS, reserve_cores, running_process
from services.clock import system_clock
from services.enterprise.credentials import add_key
from services.mutations import audit

_COMPANY = "query Company { enterpriseAccount { companyName } }"
_FLOODING = 8
_REFUSED = 429


@dataclass(slots=True)
class Flood:
    """Latencies in seconds of one caller, alone and during a flood, and the flood's statuses."""

    alone: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def medians(self) -> tuple[float, float]:
        """The median alone, and during the flood."""
        return median(self.alone), median(self.beside)


async def measure_flood(
    port: int, calling: bytes, flooding: bytes, *, calls: int, connections: int, is_refused: bool
) -> Flood:
    """Send `calling` `calls` times alone, and as often while `flooding` fills `connections`.

    With `is_refused`, measuring waits until the flood has spent its budget.

    Raises `UnexpectedAnswer` unless each of the caller's requests is answered with 200.
    """
    flood, refused = Flood(), asyncio.Event()
    async with connected(port) as wire:
        for taken in (flood.alone, flood.beside):
            sending = [
                asyncio.create_task(_flood(port, flooding, flood.statuses, refused))
                for _ in range(connections if taken is flood.beside else 0)
            ]
            if sending and is_refused:
                await refused.wait()
            for _ in range(calls):
                started = perf_counter()
                wire.writer.write(calling)
                await wire.answer()
                taken.append(perf_counter() - started)
            for one in sending:
                one.cancel()
            await asyncio.gather(*sending, return_exceptions=True)
    return flood


async def _flood(
    port: int, flooding: bytes, statuses: Counter[int], refused: asyncio.Event
) -> None:
    async with connected(port) as wire:
        while True:
            wire.writer.write(flooding)
            status = (await wire.response()).status
            statuses[status] += 1
            if status == _REFUSED:
                refused.set()


async def report_floods(url: str, calls: int) -> None:
    """Print the latency of one API key's calls while another key of the company floods the server.

    First the flood has a budget that allows all of it, then one that it soon exhausts but that is
    enough for the measured calls, each of which costs 1.
    """
    for name, budget, is_refused in (
        ("a flood with a budget", 10**9, False),
        ("a flood without", 2 * calls + 50, True),
    ):
        environment = {
            "DATABASE_URL": url,
            "SERVE_RUNS_WORKER": "false",
            "GRAPHQL_MAX_COST": "50",
            "GRAPHQL_KEY_BUDGET": str(budget),
            "GRAPHQL_KEY_RESTORE_RATE": "20",
        }
        flood = await _measured(url, environment, calls, is_refused=is_refused)
        for beside, seconds in (("alone", flood.alone), (f"beside {name}", flood.beside)):
            middle, late = (quantiles(seconds, n=100)[n - 1] * 1e6 for n in (50, 99))
            click.echo(f"{f'a call over HTTP {beside}: p50, p99':<48}{middle:>10.1f}{late:>10.1f}")
        click.echo(f"  over {_FLOODING} connections, answered with {dict(flood.statuses)}")


async def _measured(
    url: str, environment: dict[str, str], calls: int, *, is_refused: bool
) -> Flood:
    async with _two_keys(url) as keys:
        calling, flooding = (
            encode_post("/graphql", orjson.dumps({"query": _COMPANY}), **{"x-api-key": key})
            for key in keys
        )
        with running_process(OURS, environment, reserve_cores()) as server:
            return await measure_flood(
                server.port,
                calling,
                flooding,
                calls=calls,
                connections=_FLOODING,
                is_refused=is_refused,
            )


@asynccontextmanager
async def _two_keys(url: str) -> AsyncIterator[list[str]]:
    """Two new keys of company 1, revoked when the block is left."""
    async with open_database(
        url, replica_url=None, pool_size=1, observe=lambda *_: None
    ) as database:
        issued = []
        for _ in range(2):
            async with database.begin() as transaction:
                issued.append(
                    await add_key(
                        transaction,
                        1,
                        audit.OPERATOR,
                        random_bytes=secrets.token_bytes,
                        now=system_clock(),
                    )
                )
        try:
            yield [key.text for _, key in issued]
        finally:
            for credential, _ in issued:
                async with database.begin() as transaction:
                    await credentials.retire(transaction, 1, credential["id"], system_clock())
