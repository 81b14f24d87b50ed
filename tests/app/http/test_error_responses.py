"""What nothing serves, and what is refused beside /graphql: with a code, and paid for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.http.error_responses import INTERNAL_SERVER_ERROR, error_body, internal_error_response
from tests.app.graphql.budgeted_callers import BUDGET, PLANS, Caller, person, server
from tests.fixtures.clients.raw import sent
from tests.fixtures.servers.server import Api

BUDGET_OF_ADDRESS = {"graphql_address_budget": 20, "graphql_address_restore_rate": 1}
FOLLOW = 'subscription { replyStream(messageId: "TWVzc2FnZTox") { __typename } }'
HANDSHAKE = (
    b"GET %b HTTP/1.1\r\nhost: test\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-version: %b\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@pytest.fixture
def poor(world: str, tmp_path: Path) -> Iterator[Api]:
    """A server of whose budgets that of an address is small, and fills slowly."""
    with server(world, tmp_path, **BUDGET | BUDGET_OF_ADDRESS) as api:
        yield api


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "NOT_FOUND"),
        ("GET", "/graphql%00", 404, "NOT_FOUND"),
        ("POST", "/graphql/", 404, "NOT_FOUND"),
        ("POST", "/graphql/graphql", 404, "NOT_FOUND"),
        ("PUT", "/graphql", 405, "BAD_REQUEST"),
        ("OPTIONS", "/graphql", 405, "BAD_REQUEST"),
        ("GET", "/webhooks/payments", 405, "BAD_REQUEST"),
        ("POST", "/webhooks/payments", 400, "BAD_REQUEST"),
        ("GET", "/receipts/" + "9" * 5_000, 404, "NOT_FOUND"),
        ("GET", "/receipts/%00", 404, "NOT_FOUND"),
        ("GET", "/exports/%ff", 404, "NOT_FOUND"),
    ],
)
def test_every_refusal_has_a_code(api: Api, method: str, path: str, status: int, code: str) -> None:
    answer = api.http.request(method, path)
    assert (answer.status_code, code_of(answer.json())) == (status, code)


def test_a_response_to_a_wrong_path_names_the_right_one(api: Api) -> None:
    answer = api.http.post("/graphql/graphql", json={"query": "{ plans { code } }"})
    (error,) = answer.json()["errors"]
    assert error["message"] == "There is nothing at this path; GraphQL is at /graphql."


@pytest.mark.parametrize(
    ("path", "version", "status"),
    [(b"/nowhere", b"13", b"404"), (b"/graphql", b"99", b"400"), (b"/graphql?%b", b"13", b"414")],
)
def test_a_handshake_is_refused_in_the_same_form(
    api: Api, path: bytes, version: bytes, status: bytes
) -> None:
    head = HANDSHAKE % (path.replace(b"%b", b"a" * 10_000), version)
    answer = sent(api.http.base_url, head)
    assert answer.startswith(b"HTTP/1.1 %b " % status)
    fields = answer.lower()
    assert b"cache-control: no-store" in fields
    assert b"x-content-type-options: nosniff" in fields
    assert b'{"errors":[{"message":' in answer
    assert version not in answer.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/webhooks/payments"), ("GET", "/receipts/x"), ("GET", "/exports/x"), ("GET", "/x")],
)
def test_refusals_are_paid_for_by_the_address(poor: Api, method: str, path: str) -> None:
    answers = [poor.http.request(method, path) for _ in range(24)]
    assert {answer.status_code for answer in answers[:20]} <= {400, 404}
    # A unit comes back each second, so that one of the last may be served again.
    answer = next(answer for answer in answers if answer.status_code == 429)
    assert code_of(answer.json()) == "THROTTLED"
    assert int(answer.headers["retry-after"]) >= 1
    assert poor.http.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "request_",
    [
        {"json": {"query": "{ nothing }"}},
        {"content": b"{", "headers": {"content-type": "application/json"}},
        {"content": b"{}", "headers": {"content-type": "text/plain"}},
        {"json": {"query": PLANS}, "headers": {"authorization": "Bearer a.b.c"}},
        {"json": {"query": PLANS}, "headers": {"x-api-key": "gk_0_0"}},
        {"json": {"query": PLANS}, "headers": {"accept": "text/html"}},
        {"json": {"query": PLANS}, "headers": {"accept": "a" * 60_000}},
        {"json": {"query": FOLLOW}},
        {"json": {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "a" * 64}}}},
        {"json": {"documentId": "x-nothing"}},
    ],
    ids=["document", "JSON", "type", "token", "key", "accept", "long", "stream", "hash", "id"],
)
# Any: what a request has.
def test_so_are_those_of_operations(poor: Api, request_: dict[str, Any]) -> None:
    statuses = [poor.http.post("/graphql", **request_).status_code for _ in range(24)]
    assert set(statuses[:20]) <= {200, 400, 401, 404, 406, 415}
    assert 429 in statuses
    assert Caller(poor).ask(PLANS).status_code == 429
    assert person(poor).ask("{ viewer { id } }").status_code == 200


def test_so_are_those_in_a_batch(world: str, tmp_path: Path) -> None:
    settings = {"graphql_max_batch": 10}
    with server(world, tmp_path, **BUDGET | BUDGET_OF_ADDRESS | settings) as poor:
        batch = [{"query": "{ nothing }"}] * 10
        bodies = [one for _ in range(3) for one in poor.http.post("/graphql", json=batch).json()]
    codes = [code_of({"errors": body["errors"][:1]}) for body in bodies]
    assert codes[:20] == ["GRAPHQL_VALIDATION_FAILED"] * 20
    assert "THROTTLED" in codes[20:]


def code_of(body: Any) -> str:
    """The code of the only error."""
    (error,) = body["errors"]
    return str(error["extensions"]["code"])


async def test_a_failure_that_nobody_expected_has_a_code_too() -> None:
    async def fail(_request: Request) -> Response:
        raise ZeroDivisionError

    app = Starlette(
        routes=[Route("/", fail)], exception_handlers={Exception: internal_error_response}
    )
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/")
    said = error_body("Something went wrong on our side.", INTERNAL_SERVER_ERROR)
    assert (answer.status_code, answer.json()) == (500, said)
