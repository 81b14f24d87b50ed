"""Keys that are claimed by the statement that does the work: once, whoever else is at it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
import pytest

from db.database import open_database
from db.queries.chat import conversation_writes
from metrics.repository_methods import ObservedStatement
from services.callers.people import PersonUnknown
from services.conversations.service import ConversationService
from services.mutations.idempotency import IdempotencyKeyReused, key_use
from services.mutations.refusals import NotFound
from services.quota.ledger import differing_days
from tests.fixtures.stores.broken_path import behind_proxy
from tests.fixtures.stores.postgres import rows_of, run
from tests.fixtures.stores.world import ADA, LONG_CONVERSATION, NOW
from tests.services.guidance.chat_instances import instance, until
from tests.services.guidance.exchanges import send

KEYS = "SELECT key, result FROM idempotency_keys"
TITLED = "SELECT id, title FROM chat_conversations WHERE title LIKE 'T%' ORDER BY id"
WAITING = """SELECT count(*) FROM pg_stat_activity
  WHERE wait_event_type = 'Lock' AND datname = current_database()"""
AT_ONCE = 24
Act = Callable[[ConversationService], Coroutine[Any, Any, Any]]
FORGET = "DELETE FROM idempotency_keys"
USE = """WITH started AS (
    INSERT INTO chat_conversations (user_id, title) VALUES (1, 'T') RETURNING id
  ) INSERT INTO idempotency_keys (user_id, key, fingerprint, result)
  SELECT 1, 'k', $1, jsonb_build_object('conversation', id) FROM started
  RETURNING (result -> 'conversation')::bigint"""


@asynccontextmanager
async def processes(url: str) -> AsyncIterator[tuple[ConversationService, ConversationService]]:
    """Two that share a database."""
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(
                open_database(url, replica_url=None, pool_size=6, observe=None)
            )
            for _ in range(2)
        ]
        one, other = (ConversationService(each, clock=lambda: NOW) for each in opened)
        yield one, other


@asynccontextmanager
async def another(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of somebody else's."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


def fingerprint() -> bytes:
    return key_use("k", operation="startConversation", values={"title": "T"}).fingerprint


async def start(service: ConversationService, title: str = "T", key: str = "k") -> int:
    return int((await service.start(ADA, title=title, idempotency_key=key))["id"])


async def waiting(url: str) -> bool:
    (row,) = await rows_of(url, WAITING)
    return bool(row[0])


async def test_of_many_uses_at_once_one_works_and_all_give_the_same(own_world: str) -> None:
    async with processes(own_world) as both:
        for number in range(3):
            key = f"k{number}"
            uses = (start(both[each % 2], key=key) for each in range(AT_ONCE))
            started = set(await asyncio.gather(*uses))
            assert len(started) == 1
            stored = await rows_of(own_world, f"{KEYS} WHERE key = $1", key)
            assert [tuple(row) for row in stored] == [(key, f'{{"conversation": {started.pop()}}}')]
    assert len(await rows_of(own_world, TITLED)) == 3


async def test_of_other_uses_at_once_one_works_and_the_others_are_refused(own_world: str) -> None:
    async with processes(own_world) as both:
        given = await asyncio.gather(
            *(start(both[each % 2], f"T{each % 3}") for each in range(AT_ONCE)),
            return_exceptions=True,
        )
    ((started, title),) = await rows_of(own_world, TITLED)
    for each, one in enumerate(given):
        if f"T{each % 3}" == title:
            assert one == started
        else:
            assert isinstance(one, IdempotencyKeyReused)


@pytest.mark.parametrize("is_committed", [True, False])
async def test_who_is_using_the_key_is_waited_for(own_world: str, *, is_committed: bool) -> None:
    async with processes(own_world) as (service, _), another(own_world) as other:
        transaction = other.transaction()
        await transaction.start()
        first = await other.fetchval(USE, fingerprint())
        again = asyncio.create_task(start(service))
        await until(lambda: waiting(own_world))
        await (transaction.commit() if is_committed else transaction.rollback())
        assert (await again == first) is is_committed
    assert len(await rows_of(own_world, TITLED)) == 1


CHANGES: dict[str, Act] = {
    "start": start,
    "rename": lambda service: service.rename(ADA, LONG_CONVERSATION, "T"),
    "archive": lambda service: service.archive(ADA, LONG_CONVERSATION),
    "delete": lambda service: service.delete(ADA, LONG_CONVERSATION),
}
change = pytest.mark.parametrize("act", CHANGES.values(), ids=CHANGES)
STATE = (
    "SELECT (SELECT count(*) FROM idempotency_keys), count(*), min(title), "
    "count(*) FILTER (WHERE status = 'archived') FROM chat_conversations WHERE user_id = 1"
)


@change
@pytest.mark.parametrize("begins", [True, False])
async def test_whoever_is_signed_out_meanwhile_changes_nothing(
    own_world: str, act: Act, *, begins: bool
) -> None:
    before = await rows_of(own_world, STATE)
    async with processes(own_world) as (service, _), another(own_world) as erasing:
        transaction = erasing.transaction()
        await transaction.start()
        await erasing.execute("SELECT FROM users WHERE id = 1 FOR UPDATE")
        await erasing.execute("UPDATE users SET erasure_began_at = now() WHERE id = 1")
        changing = asyncio.create_task(act(service))
        await until(lambda: waiting(own_world))
        await (transaction.commit() if begins else transaction.rollback())
        if begins:
            for one in (changing, act(service)):
                with pytest.raises(PersonUnknown):
                    await one
        else:
            await changing
    assert (await rows_of(own_world, STATE) == before) is begins


@change
async def test_whoever_is_changing_something_is_not_signed_out_meanwhile(
    own_world: str, act: Act
) -> None:
    async with (
        processes(own_world) as (service, _),
        another(own_world) as holding,
        another(own_world) as erasing,
    ):
        await start(service)
        transaction = holding.transaction()
        await transaction.start()
        await holding.execute(FORGET)
        await holding.execute("SELECT FROM chat_conversations WHERE id = 1 FOR UPDATE")
        changing = asyncio.create_task(act(service))
        await until(lambda: waiting(own_world))
        with pytest.raises(asyncpg.LockNotAvailableError):
            await erasing.execute("SELECT FROM users WHERE id = 1 FOR UPDATE NOWAIT")
        await transaction.rollback()
        await changing
        await erasing.execute("SELECT FROM users WHERE id = 1 FOR UPDATE NOWAIT")


@pytest.mark.parametrize("has_happened", [True, False])
async def test_a_connection_that_is_lost_meanwhile_is_not_noticed(
    own_world: str, *, has_happened: bool
) -> None:
    async with (
        behind_proxy(own_world) as (url, proxy),
        open_database(url, replica_url=None, pool_size=2, observe=None) as database,
    ):
        service = ConversationService(database, clock=lambda: NOW)
        await start(service, key="other")
        proxy.delivers_marker, proxy.silence_marker = has_happened, b"lost key"
        starting = asyncio.create_task(start(service, key="lost key"))
        await until(lambda: any(link.is_silenced for link in proxy.links))
        if has_happened:
            await until(lambda: kept_under(own_world, "lost key"))
        proxy.silence_marker = None
        for link in tuple(proxy.links):
            link.reset()
        started = await starting
    last = (await rows_of(own_world, TITLED))[-1]
    assert (started, len(await rows_of(own_world, TITLED))) == (last["id"], 2)


async def kept_under(url: str, key: str) -> bool:
    return bool(await rows_of(url, f"{KEYS} WHERE key = $1", key))


async def test_a_key_that_is_forgotten_between_the_looks_is_as_good_as_new(own_world: str) -> None:
    """Whoever finds it taken looks at it a moment later, when the worker may have removed it."""

    def forget(observed: ObservedStatement) -> None:
        name, *_ = observed
        if name == "conversations.start" and not forgotten:
            forgotten.append(name)
            with ThreadPoolExecutor(1) as elsewhere:
                elsewhere.submit(asyncio.run, run(own_world, FORGET)).result()

    forgotten = [""]
    async with open_database(own_world, replica_url=None, pool_size=2, observe=forget) as database:
        service = ConversationService(database, clock=lambda: NOW)
        first = await start(service)
        forgotten.clear()
        assert await start(service) != first
        assert forgotten == ["conversations.start"]
    assert len(await rows_of(own_world, TITLED)) == 2


async def test_nothing_is_kept_where_nothing_could_be_done(own_world: str) -> None:
    async with open_database(own_world, replica_url=None, pool_size=2, observe=None) as one:
        with pytest.raises(asyncpg.CheckViolationError):
            async with one.write() as connection:
                await conversation_writes.start(
                    connection,
                    ADA,
                    title="T" * 121,
                    title_origin="person",
                    now=NOW,
                    key="k",
                    fingerprint=bytes(32),
                )
        service = ConversationService(one, clock=lambda: NOW)
        for act in (
            service.rename(ADA, 987_654, "T"),
            service.archive(ADA, 100),
            service.delete(ADA, 100),
        ):
            with pytest.raises(NotFound):
                await act
    assert await rows_of(own_world, KEYS) == []
    assert await rows_of(own_world, TITLED) == []


async def test_what_is_deleted_while_it_is_written_to_costs_nothing(own_world: str) -> None:
    async with instance(own_world) as parts:
        for number in range(5):
            conversation = await parts.start(title="T", key=f"start {number}")
            await asyncio.gather(
                send(parts, key=f"send {number}", conversation_id=conversation),
                parts.conversations.delete(ADA, conversation),
                return_exceptions=True,
            )
        async with parts.database.read() as connection:
            assert await differing_days(connection) == []
        used = "SELECT used FROM daily_quota_usages WHERE user_id = 1 AND usage_date = $1"
        assert await parts.value(used, NOW.date()) == 3
    assert await rows_of(own_world, TITLED) == []
