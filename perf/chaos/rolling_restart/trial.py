"""The trial: a cluster under load, whose instances are stopped and started one after another."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from time import monotonic

import asyncpg
import httpx2

from clients.tls import tls_context
from db.database import open_database
from perf.chaos.database import add_people
from perf.chaos.kill_replies.audit import count_unfinished_replies
from perf.chaos.rolling_restart.audit import audit
from perf.chaos.rolling_restart.clients import Client, Seen, read_at
from perf.servers.cluster.balancer import lead_to
from perf.servers.cluster.cluster import Cluster
from perf.servers.cluster.service import Service
from perf.servers.credentials import tokens_of_people
from services.clock import system_clock
from services.enterprise.authentication import ApiKeyService
from services.enterprise.last_uses import LastUseRecorder

TOKENS, TOKENS_PER_SECOND = 200, 20
"""A reply takes about ten seconds, so that some are handed over more than once."""
STAND_IN_OPTIONS = (
    *("--port", "0", "--tokens", str(TOKENS)),
    *("--tokens-per-second", str(TOKENS_PER_SECOND)),
)
_ANSWER_SECONDS = 60.0
LONGEST_UNFINISHED_SECONDS = 30.0
_ANNOUNCED_SECONDS = 1.0
_WAITERS = 2
"""People, of those who read along, that wait for the whole reply instead."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Sizes of a trial."""

    people: int
    reads_per_second: float
    is_killed: bool
    is_announced: bool = False
    """Whether HAProxy is told to send an instance nothing more before that is stopped."""


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What clients were answered, how long each restart took, and what the audit found."""

    seen: Seen
    restart_seconds: tuple[float, ...]
    unfinished_seconds: float
    attempts: tuple[int, ...]
    statuses: dict[str, int]
    problems: tuple[str, ...]


async def run_trial(trial: Trial, cluster: Cluster) -> TrialResult:
    """Restart every instance of an empty cluster under load."""
    tokens = tokens_of_people(cluster.environment["JWT_SECRET_KEY"], trial.people)
    connection = await asyncpg.connect(cluster.primary.url)
    seen, over = Seen(), asyncio.Event()
    try:
        await add_people(connection, range(1, trial.people + 1))
        async with _clients(cluster, tokens, seen) as (people, company):
            async with asyncio.TaskGroup() as group:
                group.create_task(read_at(trial.reads_per_second, people, over))
                for number, person in enumerate(people):
                    group.create_task(_chat(person, number, over))
                group.create_task(_ask(company, over))
                # All of them are in the middle of a reply.
                await asyncio.sleep(TOKENS / TOKENS_PER_SECOND / 2)
                times = [await _restart(trial, cluster.places, one) for one in cluster.instances]
                ended = monotonic()
                over.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(LONGEST_UNFINISHED_SECONDS):
                    while await count_unfinished_replies(connection):  # noqa: ASYNC110 - other processes end them
                        await asyncio.sleep(0.1)
            unfinished_seconds = monotonic() - ended
        found = await audit(connection, seen, words=TOKENS)
    finally:
        await connection.close()
    return TrialResult(
        seen, tuple(times), unfinished_seconds, found.attempts, found.statuses, found.problems
    )


async def _chat(person: Client, number: int, over: asyncio.Event) -> None:
    """Send one message after another, so that a reply is always being written."""
    count = 0
    while not over.is_set():
        key = f"{secrets.token_hex(4)} {number} {count}"
        if number < _WAITERS:
            await person.send_and_wait(key)
        else:
            await person.send_and_follow(key, over_socket=number % 2 == 0)
        count += 1


async def _ask(company: Client, over: asyncio.Event) -> None:
    while not over.is_set():
        await company.ask_for_guidance(secrets.token_hex(8))


async def _restart(trial: Trial, places: Mapping[str, int], instance: Service) -> float:
    started = monotonic()
    if trial.is_announced:
        lead_to(places, instance.name, is_open=False)
        # What was sent to it before that is begun.
        await asyncio.sleep(_ANNOUNCED_SECONDS)
    await asyncio.to_thread(instance.kill if trial.is_killed else instance.stop)
    await asyncio.to_thread(instance.start)
    if trial.is_announced:
        lead_to(places, instance.name, is_open=True)
    return monotonic() - started


@asynccontextmanager
async def _clients(
    cluster: Cluster, tokens: list[str], seen: Seen
) -> AsyncIterator[tuple[list[Client], Client]]:
    key = await _new_company(cluster.primary.url)
    async with httpx2.AsyncClient(
        base_url=cluster.url,
        timeout=_ANSWER_SECONDS,
        verify=tls_context(),
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=None),
    ) as http:
        yield (
            [Client(http, {"authorization": f"Bearer {token}"}, seen) for token in tokens],
            Client(http, {"x-api-key": key}, seen),
        )


async def _new_company(url: str) -> str:
    """Add a company, and return a key of it."""
    async with open_database(
        url, replica_url=None, pool_size=1, observe=lambda *_: None
    ) as database:
        connection = await asyncpg.connect(url)
        try:
            account_id = await connection.fetchval(
                "INSERT INTO enterprise_accounts (company_name) VALUES ('Restarted') RETURNING id"
            )
        finally:
            await connection.close()
        keys = ApiKeyService(
            database,
            LastUseRecorder(database),
            clock=system_clock,
            random_bytes=secrets.token_bytes,
        )
        return await keys.issue_key(account_id)
