"""PostgreSQL dies while a message is sent and answered: nothing is lost, and nothing doubled."""

import asyncio
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from secrets import token_hex
from time import monotonic
from typing import Any

import asyncpg
import psutil
import pytest

from db.embedded import FOLDER, embedded_postgres
from db.schema.migration import migrate
from tests.fixtures.clients.listening import over_sse
from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.chat import QUICK_RETRIES, SEND, Chat, ledger_differences
from tests.fixtures.servers.server import serving, settings_for
from tests.fixtures.stores.world import ADA, populate
from tests.waiting import until

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
SECOND = {"tokens": 20, "tokens_per_second": 20}
SECONDS = {"tokens": 20, "tokens_per_second": 5}
"""Long enough for PostgreSQL to die meanwhile, also on a busy machine."""


class OwnPostgres:
    """A server of a test's own, which can die."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = ExitStack()
        self.url = self.start()

    def start(self) -> str:
        """Start it; what was committed before is there again."""
        return self._running.enter_context(embedded_postgres(self._folder))

    def die(self) -> None:
        """Shut down immediately, without a word to its clients' transactions."""
        pid = int((self._folder / FOLDER / "postmaster.pid").read_text().split()[0])
        postmaster = psutil.Process(pid)
        os.kill(pid, signal.SIGQUIT)
        gone, _ = psutil.wait_procs([postmaster], 20)
        assert gone
        self._running.close()

    def close(self) -> None:
        """Stop it, if it runs."""
        self._running.close()


@pytest.fixture(scope="module")
def own_postgres(database_folder: Path) -> Iterator[OwnPostgres]:
    """A server with the small world."""
    own = OwnPostgres(database_folder)
    try:
        migrate(own.url)
        asyncio.run(populate(own.url))
        yield own
    finally:
        own.close()


@contextmanager
def chat_on(
    own: OwnPostgres, stand_in: StandInControl, folder: Path, *, lease_seconds: float
) -> Iterator[Chat]:
    """A server of chat on it."""
    settings = settings_for(
        own.url,
        folder,
        chat_llm_base_url=stand_in.url,
        chat_reply_lease_seconds=lease_seconds,
        **QUICK_RETRIES,
    )
    with serving(settings) as api:
        yield Chat(api, own.url, stand_in)


@pytest.fixture
def chat(own_postgres: OwnPostgres, stand_in: StandInControl, tmp_path: Path) -> Iterator[Chat]:
    """Chat whose leases outlast a restart."""
    with chat_on(own_postgres, stand_in, tmp_path, lease_seconds=60) as running:
        yield running
        assert running.rows("SELECT count(*) FROM reply_generations") == [(0,)]
        assert ledger_differences(own_postgres.url) == []


def ends_of(chat: Chat, sent: dict[str, Any]) -> list[str]:
    """How the ledger has a reply end."""
    query = """SELECT kind FROM quota_ledger_entries
      WHERE reply_id = (SELECT id FROM chat_messages WHERE role = 'assistant'
        ORDER BY id DESC LIMIT 1) ORDER BY id"""
    assert sent["reply"]["id"]
    return [kind for (kind,) in chat.rows(query)]


@contextmanager
def blocked(chat: Chat, table: str) -> Iterator[None]:
    """Let whoever writes to a table wait, until PostgreSQL dies."""
    loop = asyncio.new_event_loop()
    connection = loop.run_until_complete(asyncpg.connect(chat.database_url))
    loop.run_until_complete(connection.execute(f"BEGIN; LOCK TABLE {table} IN EXCLUSIVE MODE"))
    try:
        yield
    finally:
        connection.terminate()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


def test_it_dies_before_a_message_is_recorded(
    chat: Chat, own_postgres: OwnPostgres, stand_in: StandInControl
) -> None:
    input_ = {"content": "Before", "idempotencyKey": token_hex()}
    with ThreadPoolExecutor(1) as pool, blocked(chat, "quota_ledger_entries"):
        asking: Future[dict[str, Any]] = pool.submit(
            chat.api.ask, SEND, {"input": input_}, viewer=ADA
        )
        until(lambda: chat.rows(WAITING) == [(1,)])
        own_postgres.die()
        (error,) = asking.result()["errors"]
    assert error["extensions"]["code"] == "SERVICE_UNAVAILABLE"
    assert chat.api.error(SEND, {"input": input_}, viewer=ADA)[0] == "SERVICE_UNAVAILABLE"
    own_postgres.start()
    count = "SELECT count(*) FROM chat_messages WHERE content = 'Before'"
    assert chat.rows(count) == [(0,)]
    sent = chat.payload(SEND, input_)
    assert (sent["reply"]["status"], sent["userErrors"]) == ("COMPLETE", [])
    assert chat.rows(count) == [(1,)]
    assert ends_of(chat, sent) == ["reserve", "settle"]
    assert stand_in.counts()["received"] == 1


def test_it_dies_while_the_model_is_called(
    chat: Chat, own_postgres: OwnPostgres, stand_in: StandInControl
) -> None:
    stand_in.next(SECONDS)
    key = token_hex()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(chat.send, "While", idempotencyKey=key)
        stand_in.wait_for(running=1)
        own_postgres.die()
        stand_in.wait_for(finished=1)
        own_postgres.start()
        sent = waiting.result()
    assert (sent["reply"]["status"], sent["userErrors"]) == ("COMPLETE", [])
    assert sent["reply"]["content"].count(" ") == 19
    assert ends_of(chat, sent) == ["reserve", "settle"]
    assert chat.send("While", idempotencyKey=key) == sent
    assert stand_in.counts()["received"] == 1


def test_it_dies_while_a_reply_is_recorded_and_somebody_listens(
    chat: Chat, own_postgres: OwnPostgres, stand_in: StandInControl
) -> None:
    stand_in.next(SECOND)
    sent = chat.send(delivery="STREAM")
    with over_sse(chat.api, sent["reply"]["id"], viewer=ADA) as events:
        heard = [next(events)]
        with blocked(chat, "quota_ledger_entries"):
            until(lambda: chat.rows(WAITING) == [(1,)])
            own_postgres.die()
        own_postgres.start()
        heard += events
    stored = chat.message(sent["reply"]["id"])
    assert "".join(event["text"] for event in heard[:-1]) == stored["content"]
    assert heard[-1]["message"]["status"] == stored["status"] == "COMPLETE"
    assert ends_of(chat, sent) == ["reserve", "settle"]


def test_it_is_away_for_longer_than_a_lease(
    own_postgres: OwnPostgres, stand_in: StandInControl, tmp_path: Path
) -> None:
    lease_seconds = 1.0
    with chat_on(own_postgres, stand_in, tmp_path, lease_seconds=lease_seconds) as chat:
        stand_in.next(SECOND)
        sent = chat.send(delivery="STREAM")
        stand_in.wait_for(received=1)
        own_postgres.die()
        again = monotonic() + 2 * lease_seconds
        stand_in.wait_for(finished=1)
        until(lambda: monotonic() >= again)
        own_postgres.start()
        until(lambda: chat.message(sent["reply"]["id"])["status"] != "STREAMING")
        assert chat.message(sent["reply"]["id"])["status"] == "COMPLETE"
        assert ends_of(chat, sent) == ["reserve", "settle"]
        assert chat.rows("SELECT count(*) FROM reply_generations") == [(0,)]
    assert ledger_differences(own_postgres.url) == []
