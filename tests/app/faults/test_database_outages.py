"""The database falls silent, or stops taking writes: callers get an error in time."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path as Folder
from time import monotonic
from typing import Any

import httpx2
import pytest

from perf.chaos.outages.proxy import ProxyPath
from tests.db.connections.broken_sessions import end_all, reset_read_only
from tests.fixtures.servers.server import Api, issue_key, serving, settings_for
from tests.fixtures.stores.broken_path import Remote, remote_proxy
from tests.fixtures.stores.postgres import rows_of, run
from tests.fixtures.stores.world import ADA, GRACE, GRACES_COMPANY
from tests.waiting import until

TIMEOUT_SECONDS = 0.6
LATEST_SECONDS = 4.0
"""To find out who asks, for a connection and for an answer; and what a busy machine adds."""
SEND = """mutation ($key: String!) { sendMessage(input: {content: "Hello?", delivery: STREAM,
  idempotencyKey: $key}) { message { id } reply { id } userErrors { code } } }"""
MESSAGES = "SELECT count(*) AS n FROM chat_messages WHERE content = 'Hello?'"


@contextmanager
def behind(
    url: str, folder: Folder, timeout_seconds: float = TIMEOUT_SECONDS
) -> Iterator[tuple[Api, Remote]]:
    """A server whose way to the database can be broken."""
    with remote_proxy(url) as remote:
        settings = settings_for(remote.url, folder, database_timeout_seconds=timeout_seconds)
        with serving(settings) as api:
            yield api, remote


def callers(api: Api, key: str) -> dict[str, Callable[[], httpx2.Response]]:
    """What everybody asks."""

    def post(query: str, headers: dict[str, str]) -> httpx2.Response:
        variables = {"key": "the same"}
        body = {"query": query, "variables": variables if "$key" in query else None}
        return api.http.post("/graphql", json=body, headers=headers)

    ada = api.credentials(ADA)
    return {
        "signed in": lambda: post("{ viewer { email } }", ada),
        "sender": lambda: post(SEND, ada),
        "API key": lambda: post("{ enterpriseAccount { companyName } }", {"x-api-key": key}),
        "anonymous": lambda: post("{ plans { code } }", {}),
    }


def ask_all(
    requested: dict[str, Callable[[], httpx2.Response]], times: int = 1
) -> list[tuple[str, httpx2.Response, float]]:
    """The answers to everybody at once, and how long each took."""

    def ask(name: str) -> tuple[str, httpx2.Response, float]:
        started = monotonic()
        answer = requested[name]()
        return name, answer, monotonic() - started

    with ThreadPoolExecutor(times * len(requested)) as threads:
        return list(threads.map(ask, [*requested] * times))


def refusals(answers: list[tuple[str, httpx2.Response, float]]) -> list[Any]:
    """What differs from an error in time that the database is away."""
    return [
        (name, answer.status_code, dict(answer.headers), answer.text, seconds)
        for name, answer, seconds in answers
        if answer.status_code not in {503, 504}
        or answer.headers.get("retry-after") != "1"
        or seconds > LATEST_SECONDS
    ]


@pytest.mark.parametrize(
    "path", [ProxyPath.SWALLOWS, ProxyPath.SWALLOWS_ANSWERS, ProxyPath.REFUSES, ProxyPath.CUTS]
)
def test_everybody_gets_an_error_in_time_and_is_served_as_soon_as_possible(
    own_world: str, tmp_path: Folder, path: ProxyPath
) -> None:
    key = issue_key(own_world, GRACES_COMPANY)
    with behind(own_world, tmp_path) as (api, remote):
        requested = callers(api, key)
        assert {answer.status_code for _, answer, _ in ask_all(requested)} == {200}
        remote.set_path(path)
        assert refusals(ask_all(requested, times=4)) == []
        assert api.http.get("/readyz").status_code == 503
        remote.set_path(ProxyPath.OPEN)
        ended = monotonic()
        for ask in requested.values():
            until(lambda ask=ask: "errors" not in ask().json(), seconds=5)  # type: ignore[misc]  # mypy cannot infer it
        assert monotonic() - ended < 5
        until(lambda: api.http.get("/readyz").status_code == 200, seconds=5)
    assert [row["n"] for row in asyncio.run(rows_of(own_world, MESSAGES))] == [1]


@pytest.mark.parametrize("has_happened", [True, False])
def test_the_same_key_finds_out_what_became_of_an_unknown_commit(
    own_world: str, tmp_path: Folder, *, has_happened: bool
) -> None:
    with behind(own_world, tmp_path) as (api, remote):
        send = callers(api, "")["sender"]
        api.data("{ viewer { email } }", viewer=ADA)
        remote.proxy.delivers_marker, remote.proxy.silence_marker = has_happened, b"COMMIT\0"
        answer = send()
        remote.proxy.silence_marker = None
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        (error,) = answer.json()["errors"]
        assert error["extensions"]["code"] == "OUTCOME_UNKNOWN"
        assert "same idempotencyKey" in error["message"]
        stored = [row["n"] for row in asyncio.run(rows_of(own_world, MESSAGES))]
        assert stored == [int(has_happened)]
        first, second = (send().json()["data"]["sendMessage"] for _ in range(2))
        assert first == second
        assert first["userErrors"] == []
        stored = [row["n"] for row in asyncio.run(rows_of(own_world, MESSAGES))]
        assert stored == [1]


def test_a_database_that_takes_no_writes_is_not_ready_until_it_does_again(
    own_world: str, tmp_path: Folder
) -> None:
    name = asyncio.run(rows_of(own_world, "SELECT current_database()"))[0][0]
    with behind(own_world, tmp_path) as (api, _):
        ask = callers(api, "")
        until(lambda: ask["sender"]().status_code == 200)
        read_only = f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'
        asyncio.run(run(own_world, read_only))
        asyncio.run(end_all(own_world))
        assert ask["signed in"]().json()["data"]["viewer"] == {"email": "ada@example.com"}
        refused = ask["sender"]()
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        ready = api.http.get("/readyz")
        assert (ready.status_code, ready.json()["database"]) == (503, "takes no writes")
        asyncio.run(reset_read_only(own_world))
        assert "errors" not in ask["sender"]().json()
        until(lambda: api.http.get("/readyz").status_code == 200, seconds=5)


def test_sessions_that_end_and_a_column_that_changes_under_load_are_not_noticed(
    own_world: str, tmp_path: Folder
) -> None:
    def send(number: int) -> dict[str, Any]:
        viewer = ADA if number % 2 else GRACE
        return api.ask(SEND, {"key": f"key {number}"}, viewer=viewer)

    with behind(own_world, tmp_path, 10) as (api, _), ThreadPoolExecutor(4) as threads:
        assert all("errors" not in body for body in threads.map(send, range(8)))
        for round_, change in enumerate(_changes(own_world), 1):
            sending = [threads.submit(send, 100 * round_ + number) for number in range(12)]
            asyncio.run(change())
            bodies = [one.result() for one in sending]
            assert [body["errors"] for body in bodies if "errors" in body] == []


def _changes(url: str) -> list[Callable[[], Coroutine[Any, Any, None]]]:
    """Each makes the plans before it useless, and the last one every session."""
    alter = "ALTER TABLE chat_messages ALTER latency_ms TYPE {}"
    altering = [partial(run, url, alter.format(kind)) for kind in ("bigint", "integer", "bigint")]
    return [*altering, partial(end_all, url)]
