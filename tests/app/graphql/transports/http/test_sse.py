"""/graphql as server-sent events: the stream byte by byte, its errors, and who goes away."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
import orjson
import pytest

from app.authentication.tokens import issue_token
from tests.fixtures.servers.live import MAX_BYTES, Live, live_server
from tests.fixtures.servers.server import SECRET, token_of
from tests.fixtures.servers.watched import PATIENCE_SECONDS, WATCH
from tests.fixtures.stores.world import ADA, NOW

EVENT_STREAM = "text/event-stream"
JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
URQL = f"{GRAPHQL_JSON}, application/graphql+json, {JSON}, {EVENT_STREAM}, multipart/mixed"
COUNT = "subscription Count($to: Int!) { count(to: $to) { number } }"
ENDLESS = "subscription Endless($name: String!) { endless(name: $name) { number } }"
COMPLETE = "event: complete\ndata:\n\n"


def post(
    live: Live, query: str, variables: dict[str, Any] | None = None, **headers: str
) -> httpx2.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return live.http.post(
        "/graphql",
        json={"query": query, "variables": variables},
        headers={"accept": EVENT_STREAM} | named,
    )


def events(answer: httpx2.Response) -> list[Any]:
    """The payloads of a complete stream."""
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(EVENT_STREAM)
    *blocks, complete, end = [block for block in answer.text.split("\n\n") if block != ":"]
    assert (complete, end) == ("event: complete\ndata:", "")
    payloads = []
    for block in blocks:
        first, *_, last = block.split("\n")
        assert first == "event: next"
        payloads.append(orjson.loads(last.removeprefix("data: ")))
    return payloads


@contextmanager
def following(live: Live, query: str, **variables: Any) -> Iterator[Iterator[str]]:
    """The lines of a stream while it runs."""
    with live.http.stream(
        "POST",
        "/graphql",
        json={"query": query, "variables": variables},
        headers={"accept": EVENT_STREAM},
    ) as answer:
        yield answer.iter_lines()


def test_a_stream_byte_by_byte(world: str) -> None:
    with live_server(world, heartbeat_seconds=60) as live:
        answer = post(live, COUNT, {"to": 2})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache, no-transform"
    assert answer.headers["x-accel-buffering"] == "no"
    assert answer.headers["transfer-encoding"] == "chunked"
    assert len(answer.headers["x-request-id"]) == 32
    assert answer.text.replace(":\n\n", "", 1) == (
        'event: next\nid: 1\ndata: {"data":{"count":{"number":1}}}\n\n'
        'event: next\nid: 2\ndata: {"data":{"count":{"number":2}}}\n\n' + COMPLETE
    )


def test_get_as_an_event_source_does(live: Live) -> None:
    parameters = {"query": COUNT, "variables": '{"to": 1}'}
    answer = live.http.get("/graphql", params=parameters, headers={"accept": EVENT_STREAM})
    assert events(answer) == [{"data": {"count": {"number": 1}}}]


def test_a_query_and_a_mutation_take_the_same_way(live: Live) -> None:
    WATCH.gate.set()
    assert events(post(live, "{ who }")) == [{"data": {"who": "nobody"}}]
    mutation = 'mutation { waitAtGate(name: "over events") }'
    assert events(post(live, mutation)) == [{"data": {"waitAtGate": True}}]


@pytest.mark.parametrize(
    ("accept", "query", "expected"),
    [
        (EVENT_STREAM, "{ who }", EVENT_STREAM),
        (f"{EVENT_STREAM}, {JSON}", "{ who }", EVENT_STREAM),
        (f"{JSON};q=0.5, {EVENT_STREAM}", "{ who }", EVENT_STREAM),
        ("text/*", "{ who }", EVENT_STREAM),
        (URQL, "{ who }", GRAPHQL_JSON),
        (f"{JSON}, {EVENT_STREAM};q=0.9", "{ who }", JSON),
        (f"{EVENT_STREAM};q=0, */*", "{ who }", JSON),
        (URQL, "subscription { count(to: 1) { number } }", EVENT_STREAM),
        (f"*/*, {EVENT_STREAM};q=0.1", "subscription { count(to: 1) { number } }", EVENT_STREAM),
    ],
)
def test_a_stream_is_sent_where_it_is_preferred_or_needed(
    live: Live, accept: str, query: str, expected: str
) -> None:
    answer = post(live, query, accept=accept)
    assert (answer.status_code, answer.headers["content-type"]) == (
        200,
        f"{expected}; charset=utf-8",
    )


@pytest.mark.parametrize("accept", [None, "*/*", JSON, GRAPHQL_JSON, f"{EVENT_STREAM};q=0, */*"])
def test_a_subscription_for_a_client_that_reads_no_streams(live: Live, accept: str | None) -> None:
    request = live.http.build_request("POST", "/graphql", json={"query": ENDLESS})
    del request.headers["accept"]
    if accept is not None:
        request.headers["accept"] = accept
    answer = live.http.send(request)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]) == (406, {"code": "NOT_ACCEPTABLE"})
    assert error["message"] == (
        "A subscription is answered as text/event-stream, which the Accept header must list, "
        "or over a WebSocket."
    )


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        (COUNT, "BAD_USER_INPUT"),
        ("query ($t: String!) { same(text: $t) }", "BAD_USER_INPUT"),
        ("subscription { refused }", "FORBIDDEN"),
        ("subscription { broken }", "INTERNAL_SERVER_ERROR"),
    ],
)
def test_what_does_not_run_is_an_event_too(live: Live, query: str, code: str) -> None:
    (payload,) = events(post(live, query))
    assert set(payload) == {"errors"}
    assert payload["errors"][0]["extensions"]["code"] == code


def test_failures_on_the_way(live: Live) -> None:
    first, second = events(post(live, "subscription { count(to: 2) { sound even } }"))
    assert first["data"] == {"count": {"sound": True, "even": None}}
    assert second["data"] is None
    whole, last = events(post(live, "subscription { broken(after: 1) }"))
    assert whole == {"data": {"broken": "0"}}
    (error,) = last["errors"]
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "secret" not in error["message"]


@pytest.mark.parametrize(
    ("body", "status"), [(b"null", 400), (b"{}", 400), (b" " * (MAX_BYTES + 1), 413)]
)
def test_what_is_no_request_has_a_status(live: Live, body: bytes, status: int) -> None:
    headers = {"accept": EVENT_STREAM, "content-type": JSON}
    answer = live.http.post("/graphql", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


def test_a_mutation_over_get(live: Live) -> None:
    parameters = {"query": 'mutation { waitAtGate(name: "get") }'}
    answer = live.http.get("/graphql", params=parameters, headers={"accept": EVENT_STREAM})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_who_asks(live: Live) -> None:
    answer = post(live, "{ who }", authorization=f"Bearer {token_of(ADA)}")
    assert events(answer) == [{"data": {"who": f"person {ADA}"}}]


def test_a_credential_that_is_not_accepted(live: Live) -> None:
    answer = post(live, COUNT, {"to": 1}, authorization="Bearer nonsense")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    ("last", "ids"),
    [("0", [1, 2, 3, 4]), ("2", [3, 4]), ("4", []), ("9" * 18, [])]
    + [(nonsense, [2, 3, 4]) for nonsense in ("", "-1", "x", "1.5", "٣", "9" * 19)],
)
def test_a_stream_is_taken_up_where_it_broke(live: Live, last: str, ids: list[int]) -> None:
    """Without a usable `Last-Event-ID` the argument says where to begin."""
    query = "subscription { count(to: 4, after: 1) { number } }"
    answer = live.http.post(
        "/graphql",
        json={"query": query},
        headers={b"accept": EVENT_STREAM.encode(), b"last-event-id": last.encode()},
    )
    assert [event["data"]["count"]["number"] for event in events(answer)] == ids
    assert [int(line[4:]) for line in answer.text.split("\n") if line.startswith("id: ")] == ids


def test_a_client_that_goes_closes_the_source(live: Live) -> None:
    with following(live, ENDLESS, name="went") as lines:
        while next(lines) != 'data: {"data":{"endless":{"number":1}}}':
            pass
        assert WATCH.closed["went"] == 0
    WATCH.until_closed("went")


def test_a_client_that_goes_lets_a_mutation_finish(live: Live) -> None:
    with following(live, "mutation M($name: String!) { waitAtGate(name: $name) }", name="alone"):
        WATCH.until_open("alone")
    assert WATCH.given["alone"] == 0
    WATCH.gate.set()
    WATCH.until(lambda: WATCH.given["alone"] == 1)


def test_a_token_that_expires_ends_the_stream_without_completing_it(world: str) -> None:
    token = issue_token(SECRET, user_id=ADA, roles=(), ttl_seconds=1, now=NOW)
    now = NOW + timedelta(seconds=0.9)
    with live_server(world, clock=lambda: now) as live:
        headers = {"authorization": f"Bearer {token}", "accept": EVENT_STREAM}
        request = {"query": ENDLESS, "variables": {"name": "outlived"}}
        with live.http.stream("POST", "/graphql", json=request, headers=headers) as answer:
            lines = answer.iter_lines()
            while next(lines) != 'data: {"data":{"endless":{"number":1}}}':
                pass
            now = NOW + timedelta(seconds=1)
            assert "event: complete" not in list(lines)
        WATCH.until_closed("outlived")
        assert live.http.post("/graphql", json=request, headers=headers).status_code == 401


def test_a_quiet_stream_has_a_heartbeat(live: Live) -> None:
    with following(live, ENDLESS, name="quiet") as lines:
        while next(lines) != 'data: {"data":{"endless":{"number":1}}}':
            pass
        assert [next(lines) for _ in range(5)] == ["", ":", "", ":", ""]


def test_a_reader_that_stops_reading_stops_the_source(live: Live) -> None:
    """The source waits while nothing is read; nothing piles up in the server."""
    body = orjson.dumps({"query": 'subscription { flood(name: "slow", characters: 100000) }'})
    place = urlsplit(live.address)
    with socket.create_connection((place.hostname, place.port), PATIENCE_SECONDS) as connection:
        connection.sendall(
            b"POST /graphql HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        )
        WATCH.until_open("slow")
        until_still(live, "slow")
        assert WATCH.given["slow"] * 100_000 < 16_000_000
    WATCH.until_closed("slow")


def until_still(live: Live, name: str) -> None:
    """Wait until a source gives nothing while the server answers twenty others."""
    before = -1
    while before != WATCH.given[name]:
        before = WATCH.given[name]
        for _ in range(20):
            live.http.post("/graphql", json={"query": "{ who }"})


def test_a_server_that_stops_ends_streams_and_closes_their_sources_at_once(world: str) -> None:
    heard: list[str] = []
    with live_server(world) as live:

        def listen() -> None:
            with httpx2.Client(base_url=live.address, timeout=PATIENCE_SECONDS) as http:
                answer = http.post(
                    "/graphql",
                    json={"query": ENDLESS, "variables": {"name": "stopped"}},
                    headers={"accept": EVENT_STREAM},
                )
                heard.append(answer.text)

        listener = threading.Thread(target=listen)
        listener.start()
        WATCH.until_open("stopped")
    WATCH.until_closed("stopped")
    listener.join(PATIENCE_SECONDS)
    assert "event: next" in heard[0]
    assert "event: complete" not in heard[0]


def test_an_operation_is_observed_once(world: str) -> None:
    with live_server(world) as live:
        events(post(live, COUNT, {"to": 3}))
        events(post(live, "query Named { who }"))
        events(post(live, "subscription Broken { broken(after: 2) }"))
    observed = [
        (name, record.requests, record.errors) for name, record in live.observations.operations()
    ]
    assert observed == [("untrusted", 2, 1), ("untrusted", 1, 0)], "subscriptions, and a query"
