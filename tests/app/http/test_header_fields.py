"""What answers say to caches and browsers, and what is read of the fields of requests."""

from pathlib import Path

import pytest

from app.graphql.request.content_negotiation import parse_accept
from app.http.origins import AllowedOrigins, is_origin_allowed
from services.privacy.links import Links
from tests.fixtures.servers.server import Api, serving, settings_for

ASK = {"query": "{ __typename }"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/graphql", 400),
        ("PUT", "/graphql", 405),
        ("GET", "/graphql?query={nothing}", 400),
        ("HEAD", "/graphql?query={nothing}", 400),
        ("GET", "/healthz", 200),
        ("POST", "/healthz", 405),
        ("GET", "/readyz", 200),
        ("GET", "/metrics", 200),
        ("GET", "/nowhere", 404),
        ("POST", "/webhooks/payments", 400),
        ("GET", "/exports/nothing", 404),
        ("GET", "/receipts/nothing", 404),
        ("GET", "/graphql/explorer/nothing", 404),
    ],
)
def test_no_answer_is_kept_or_guessed(api: Api, method: str, path: str, status: int) -> None:
    answer = api.http.request(method, path, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    is_graphql = path.startswith("/graphql")
    assert answer.headers.get("vary") == ("accept, accept-encoding, origin" if is_graphql else None)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer nonsense"},
        {"accept": "image/png"},
        {"accept": "text/event-stream"},
        {"origin": "http://localhost:3000"},
        {"content-type": "text/plain"},
    ],
    ids=["ok", "401", "406", "stream", "page", "415"],
)
def test_what_is_answered_depends_on_who_accepts_what(api: Api, headers: dict[str, str]) -> None:
    answer = api.http.post("/graphql", json=ASK, headers=headers)
    assert answer.headers["vary"] == "accept, accept-encoding, origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "cache-control" in answer.headers


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip", "x-nothing", "identity, gzip"])
def test_a_body_that_is_encoded_is_not_understood(api: Api, encoding: str) -> None:
    answer = api.http.post("/graphql", json=ASK, headers={"content-encoding": encoding})
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity")
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"


def test_a_body_that_is_said_to_be_as_it_is(api: Api) -> None:
    answer = api.http.post("/graphql", json=ASK, headers={"content-encoding": "Identity"})
    assert answer.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("header", ["", " ", ",", " , "])
def test_to_accept_nothing_in_particular_is_to_accept_anything(header: str) -> None:
    assert parse_accept(header) == parse_accept(None)


@pytest.mark.parametrize(
    "origin",
    [
        "http://[::1",
        "http://[",
        "http://a:99999",
        "http://a:b",
        "null",
        "",
        "://",
        "http://\x00",
        "é",
    ],
)
def test_an_origin_that_is_none_is_not_allowed(api: Api, origin: str) -> None:
    assert not is_origin_allowed(origin, "test", AllowedOrigins(["https://app.example"]))
    headers = {b"origin": origin.encode(), b"host": b"test"}
    if origin.isprintable():
        answer = api.http.get("/graphql", params=ASK, headers=headers)
        assert answer.status_code == 400


@pytest.mark.parametrize(
    ("origin", "is_local"),
    [
        ("http://localhost:3000", True),
        ("https://localhost", True),
        ("http://app.localhost:8080", True),
        ("http://127.0.0.1:5173", True),
        ("http://[::1]:5173", True),
        ("http://localhost.example", False),
        ("http://127.0.0.1.example:80", False),
        ("http://localhost:port", False),
        ("file://localhost", False),
    ],
)
def test_in_development_pages_of_the_machine_itself_may_ask(origin: str, *, is_local: bool) -> None:
    assert is_origin_allowed(origin, "api.example", AllowedOrigins(allows_local=True)) is is_local
    assert not is_origin_allowed(origin, "api.example", AllowedOrigins())


@pytest.mark.parametrize(
    "token",
    ["9" * 5_000, "9" * 19 + ".x", "9" * 18 + ".x", "-1.x", "1", "", ".", "²", "1.é", "1.\udcff"],
)
def test_a_receipt_that_nobody_has(api: Api, token: str) -> None:
    links = Links(lambda: b"k" * 32, base_url=None)
    assert links.request_id_of_receipt(token) is None
    if token and token != "." and token.isascii():
        assert api.http.get(f"/receipts/{token}").status_code == 404


def test_a_path_that_is_no_text(api: Api) -> None:
    for path in ("/receipts/%ff%fe", "/exports/%00", "/%00", "/receipts/%ed%a0%80"):
        assert api.http.get(path).status_code == 404


def test_pages_send_what_tracing_tools_add_and_what_is_set(world: str, tmp_path: Path) -> None:
    settings = settings_for(
        world,
        tmp_path,
        serve_runs_worker=False,
        graphql_allowed_origins=["https://app.example"],
        graphql_allowed_headers=["X-Own"],
    )
    tracing = "traceparent,tracestate,baggage,sentry-trace,x-datadog-trace-id,x-datadog-parent-id"

    def preflight(api: Api, origin: str, names: str) -> int:
        headers = {
            "origin": origin,
            "access-control-request-method": "POST",
            "access-control-request-headers": names,
        }
        return api.http.options("/graphql", headers=headers).status_code

    with serving(settings) as api:
        for origin in ("https://app.example", "http://localhost:5173"):
            assert preflight(api, origin, tracing) == 200
            assert preflight(api, origin, "x-own,content-type") == 200
            assert preflight(api, origin, "x-another") == 400
