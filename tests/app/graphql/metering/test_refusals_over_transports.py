"""What a refusal costs: the same over HTTP, in an event stream and over a WebSocket."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import orjson
import pytest

from tests.app.graphql.budgeted_callers import BUDGET, PLANS, Caller, fields, person, server
from tests.fixtures.clients.peer import peer
from tests.fixtures.servers.server import Api
from tests.fixtures.stores.postgres import new_database, rows_of

INVALID = "{ nothing }"
TOO_EXPENSIVE = """{ viewer { conversations(first: 100) { edges { node { title } } } } }"""
PERSONS_BUDGET, COST_OF_PLANS = 40, 2
SLOWLY = {"graphql_person_restore_rate": 1}
"""Units a second: a test takes less."""

NEW_PERSON = "INSERT INTO users (email) VALUES (gen_random_uuid() || '@example.com') RETURNING id"

# Any: errors are JSON.
Send: TypeAlias = Callable[[Caller, str, int], list[dict[str, Any]]]


def over_http(caller: Caller, document: str, times: int) -> list[dict[str, Any]]:
    """The first errors of the responses."""
    return [caller.ask(document).json()["errors"][0] for _ in range(times)]


def in_event_streams(caller: Caller, document: str, times: int) -> list[dict[str, Any]]:
    """The first errors of streams that each have one event."""
    errors = []
    for _ in range(times):
        answer = caller.ask(document, accept="text/event-stream")
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        (data,) = (
            line.removeprefix("data: ")
            for line in answer.text.splitlines()
            if line.startswith("data: {")
        )
        errors.append(orjson.loads(data)["errors"][0])
    return errors


def over_a_websocket(caller: Caller, document: str, times: int) -> list[dict[str, Any]]:
    """The first errors of operations of one connection."""
    with peer(f"{caller.api.http.base_url}/graphql".replace("http", "ws", 1)) as connection:
        connection.init(caller.headers)
        return [connection.error(f"{number}", document)[0] for number in range(times)]


TRANSPORTS = [over_http, in_event_streams, over_a_websocket]


@pytest.fixture(scope="module")
def database(postgres: str, world_template: str) -> Iterator[str]:
    """The database of the server, to which people are added."""
    with new_database(postgres, world_template) as url:
        yield url


@pytest.fixture(scope="module")
def small(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server whose budgets are small."""
    with server(database, tmp_path_factory.mktemp("data"), **BUDGET | SLOWLY) as api:
        yield api


@pytest.fixture
def caller(small: Api, database: str) -> Caller:
    """Somebody new, whose budget is full."""
    ((user,),) = asyncio.run(rows_of(database, NEW_PERSON))
    return person(small, user)


@pytest.mark.parametrize("send", TRANSPORTS)
@pytest.mark.parametrize(
    ("document", "code"),
    [(INVALID, "GRAPHQL_VALIDATION_FAILED"), (TOO_EXPENSIVE, "OPERATION_COST_EXCEEDED")],
    ids=["invalid", "too expensive"],
)
def test_a_refusal_costs_one(caller: Caller, send: Send, document: str, code: str) -> None:
    errors = send(caller, document, 3)
    assert [one["extensions"]["code"] for one in errors] == [code] * 3
    _, available = fields(caller.ask(PLANS).headers["ratelimit"])
    assert available["r"] == PERSONS_BUDGET - 3 - COST_OF_PLANS


@pytest.mark.parametrize("send", TRANSPORTS)
def test_once_the_budget_is_used_up_refusals_are_throttled(caller: Caller, send: Send) -> None:
    codes = [one["extensions"]["code"] for one in send(caller, INVALID, PERSONS_BUDGET + 2)]
    assert codes == ["GRAPHQL_VALIDATION_FAILED"] * PERSONS_BUDGET + ["THROTTLED"] * 2
    assert caller.ask(PLANS).status_code == 429
