"""The outages, played one after the other while honest clients send requests."""

import asyncio
import secrets
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import inf
from time import perf_counter

import asyncpg

from db.database import open_database
from perf.chaos.database import add_people
from perf.chaos.outages.backing_services import BackingServices
from perf.chaos.outages.clients import Answer, ClientKind, HonestClient, http_client
from perf.chaos.outages.proxy import ProxyPath
from perf.servers.credentials import tokens_of_people
from perf.servers.killable import killable_server
from services.clock import system_clock
from services.enterprise.authentication import ApiKeyService
from services.enterprise.last_uses import LastUseRecorder

CLIENTS = {
    ClientKind.SIGNED_IN: 3,
    ClientKind.API_KEY: 2,
    ClientKind.ANONYMOUS: 2,
    ClientKind.SENDER: 3,
}
_RECOVERY_SECONDS = 30.0
"""The longest wait for a client's first success after an outage."""
_LOOK_SECONDS = 0.02
_MESSAGES = "SELECT content FROM chat_messages WHERE role = 'user'"
Action = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Outage:
    """How a fault begins and ends; one that `is_instant` is over as soon as it has begun."""

    name: str
    begin: Action
    end: Action
    is_instant: bool = False


@dataclass(frozen=True, slots=True)
class OutageResult:
    """The answers during one outage, and the messages it lost or doubled."""

    name: str
    answers: tuple[Answer, ...]
    first_success_seconds: float
    """Seconds from the end of the outage until every kind of client was served again."""
    lost: int
    doubled: int

    @property
    def by_status(self) -> Counter[int]:
        """Numbers of answers by status."""
        return Counter(one.status for one in self.answers)

    @property
    def slowest_seconds(self) -> float:
        """The longest latency."""
        return max(one.seconds for one in self.answers)


def outages(stage: BackingServices) -> list[Outage]:
    """Every outage that these services can play."""
    postgres = stage.postgres

    async def nothing() -> None:
        pass

    def path(name: str, state: ProxyPath) -> Outage:
        return Outage(
            name,
            lambda: postgres.proxy.set_path(state),
            lambda: postgres.proxy.set_path(ProxyPath.OPEN),
        )

    async def silence_links() -> None:
        postgres.proxy.silence_links()

    async def freeze() -> None:
        postgres.freeze()

    async def thaw() -> None:
        postgres.thaw()

    async def fail_over() -> None:
        await postgres.set_read_only(is_read_only=True)
        await postgres.end_sessions()

    async def fail_back() -> None:
        await postgres.set_read_only(is_read_only=False)

    async def change_type() -> None:
        for kind in ("bigint", "integer"):
            await postgres.run(f"ALTER TABLE chat_messages ALTER latency_ms TYPE {kind}")

    found = [
        path("path swallows", ProxyPath.SWALLOWS),
        path("path swallows questions", ProxyPath.SWALLOWS_QUESTIONS),
        path("path swallows answers", ProxyPath.SWALLOWS_ANSWERS),
        path("path delays", ProxyPath.DELAYS),
        path("path cuts", ProxyPath.CUTS),
        path("path refuses", ProxyPath.REFUSES),
        path("path resets", ProxyPath.RESETS),
        Outage("connections half open", silence_links, nothing, is_instant=True),
        Outage("server frozen", freeze, thaw),
        Outage("server read-only", fail_over, fail_back),
        Outage("sessions ended", postgres.end_sessions, nothing, is_instant=True),
        Outage("back-end killed", postgres.kill_session, nothing, is_instant=True),
        Outage("column changes its type", change_type, nothing, is_instant=True),
    ]
    return [*found, *_of_redis(stage)]


def _of_redis(stage: BackingServices) -> list[Outage]:
    redis = stage.redis
    if redis is None:
        return []

    async def freeze() -> None:
        redis.signal(signal.SIGSTOP)

    async def thaw() -> None:
        redis.signal(signal.SIGCONT)

    async def kill() -> None:
        redis.kill()

    async def nothing() -> None:
        pass

    return [
        Outage("Redis frozen", freeze, thaw),
        Outage("Redis away", kill, redis.start),
        Outage("Redis flushed", redis.flush, nothing, is_instant=True),
    ]


async def play_outages(
    stage: BackingServices, wanted: Sequence[Outage], *, model_url: str, seconds: float
) -> list[OutageResult]:
    """Start a server, and play each of the `wanted` outages for `seconds`."""
    secret = secrets.token_hex()
    people = range(1, CLIENTS[ClientKind.SIGNED_IN] + CLIENTS[ClientKind.SENDER] + 1)
    key = await _add_callers(stage.postgres.url, people)
    environment = {
        "DATABASE_URL": stage.postgres.proxied_url,
        "JWT_SECRET_KEY": secret,
        "CHAT_LLM_BASE_URL": model_url,
    }
    if stage.redis is not None:
        environment["REDIS_URL"] = stage.redis.url
    tokens = tokens_of_people(secret, len(people))
    async with killable_server(environment) as server, _asking(server.url, tokens, key) as clients:
        return [await _play(outage, clients, seconds, stage.postgres.url) for outage in wanted]


async def _play(
    outage: Outage, clients: Sequence[HonestClient], seconds: float, url: str
) -> OutageResult:
    """Play one outage, from when all clients succeed until they do so again."""
    await _all_succeed(clients, since=perf_counter())
    counted = [(client, len(client.answers), len(client.answered_messages)) for client in clients]
    await outage.begin()
    if not outage.is_instant:
        await asyncio.sleep(seconds)
    await outage.end()
    ended = perf_counter()
    await _all_succeed(clients, since=ended)
    answers = [one for client, before, _ in counted for one in client.answers[before:]]
    confirmed = [one for client, _, before in counted for one in client.answered_messages[before:]]
    stored = Counter(await _stored(url))
    return OutageResult(
        outage.name,
        tuple(answers),
        max(_first_success(answers, kind, ended) for kind in ClientKind),
        lost=sum(stored[one] == 0 for one in confirmed),
        doubled=sum(stored[one] > 1 for client in clients for one in client.sent_messages),
    )


def _first_success(answers: Sequence[Answer], kind: ClientKind, ended: float) -> float:
    """Seconds from the end until clients of a kind were served again; infinite if never."""
    successes = [
        one.ended - ended
        for one in answers
        if one.kind is kind and one.is_success and one.ended >= ended
    ]
    return min(successes, default=inf)


async def _all_succeed(clients: Sequence[HonestClient], *, since: float) -> None:
    """Wait until every client has succeeded with a request sent after an instant."""
    try:
        async with asyncio.timeout(_RECOVERY_SECONDS):
            while not all(client.has_succeeded_since(since) for client in clients):  # noqa: ASYNC110 - another process answers
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        return  # reported in the row


@asynccontextmanager
async def _asking(url: str, tokens: Sequence[str], key: str) -> AsyncIterator[list[HonestClient]]:
    """Run clients of every kind until the block is left."""
    signed_in = CLIENTS[ClientKind.SIGNED_IN]
    async with http_client(url) as http:
        clients = [
            HonestClient(
                http,
                ClientKind.SIGNED_IN if number < signed_in else ClientKind.SENDER,
                f"person {number}",
                {"authorization": f"Bearer {token}"},
            )
            for number, token in enumerate(tokens)
        ]
        for kind, headers in ((ClientKind.API_KEY, {"x-api-key": key}), (ClientKind.ANONYMOUS, {})):
            clients += [HonestClient(http, kind, kind.value, headers) for _ in range(CLIENTS[kind])]
        asking = [asyncio.create_task(client.send_requests()) for client in clients]
        try:
            yield clients
        finally:
            for one in asking:
                one.cancel()
            await asyncio.wait(asking)
            for one in asking:
                if not one.cancelled():
                    one.result()


async def _add_callers(url: str, people: Sequence[int]) -> str:
    """Add people and a company, and return the company's API key."""
    connection = await asyncpg.connect(url)
    try:
        await add_people(connection, people)
        account = await connection.fetchval(
            "INSERT INTO enterprise_accounts (company_name) VALUES ('Company') RETURNING id"
        )
    finally:
        await connection.close()
    async with open_database(url, replica_url=None, pool_size=1, observe=None) as database:
        service = ApiKeyService(
            database,
            LastUseRecorder(database),
            clock=system_clock,
            random_bytes=secrets.token_bytes,
        )
        return await service.issue_key(account)


async def _stored(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        return [row["content"] for row in await connection.fetch(_MESSAGES)]
    finally:
        await connection.close()
