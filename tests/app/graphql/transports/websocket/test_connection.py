"""/graphql over WebSocket: the protocol's messages, its callers, and every way to be closed."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.authentication.tokens import issue_token
from app.graphql.transports.websocket.connection import ConnectionTimeouts
from app.graphql.transports.websocket.operations import MOST_OPERATIONS
from tests.captured_logs import capture_logs
from tests.fixtures.live import ALLOWED_ORIGIN, MAX_BYTES, Live, live_server
from tests.fixtures.peer import Peer, peer
from tests.fixtures.postgres import new_database, run
from tests.fixtures.server import SECRET, token_of
from tests.fixtures.watched import WATCH
from tests.fixtures.world import ADA, GRACES_COMPANY, NOW

COUNT = "subscription Count($to: Int!) { count(to: $to) { number } }"
ENDLESS = "subscription Endless($name: String!) { endless(name: $name) { number } }"
WHO = "query Who { who }"


@dataclass
class Time:
    """A clock that a test turns, or breaks."""

    now: datetime | None

    def __call__(self) -> datetime:
        if self.now is None:
            raise OSError("the clock is broken")
        return self.now


@pytest.fixture
def client(live: Live) -> Iterator[Peer]:
    """A peer that has not said anything yet."""
    with peer(live.socket_address) as connected:
        yield connected


@pytest.fixture
def known(client: Peer) -> Peer:
    """A peer whose connection was acknowledged."""
    return client.init()


def numbers(payloads: list[Any]) -> list[int]:
    return [payload["data"]["count"]["number"] for payload in payloads]


def test_a_subscription_gives_every_event_and_completes(known: Peer) -> None:
    assert known.connection.subprotocol == "graphql-transport-ws"
    assert numbers(known.answers("1", COUNT, variables={"to": 3})) == [1, 2, 3]


def test_queries_and_mutations_take_the_same_way(known: Peer) -> None:
    WATCH.gate.set()
    assert known.answers("q", WHO) == [{"data": {"who": "nobody"}}]
    mutation = 'mutation { waitAtGate(name: "over a socket") }'
    assert known.answers("m", mutation) == [{"data": {"waitAtGate": True}}]


def test_an_id_is_free_again_after_completion(known: Peer) -> None:
    for to in range(1, 20):
        assert numbers(known.answers("same", COUNT, variables={"to": to}))[-1] == to


def test_an_id_is_free_again_after_an_error(known: Peer) -> None:
    (error,) = known.error("same", "{ nothing }")
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert known.answers("same", WHO) == [{"data": {"who": "nobody"}}]


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{", None, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("query A { who } query B { who }", None, "OPERATION_RESOLUTION_FAILURE"),
        (COUNT, {"to": "x"}, "BAD_USER_INPUT"),
        ("query ($t: String!) { same(text: $t) }", {}, "BAD_USER_INPUT"),
        ("subscription { refused }", None, "FORBIDDEN"),
    ],
)
def test_an_operation_that_does_not_run(
    known: Peer, query: str, variables: dict[str, Any] | None, code: str
) -> None:
    (error,) = known.error("1", query, variables=variables)
    assert error["extensions"]["code"] == code
    assert known.answers("2", WHO) == [{"data": {"who": "nobody"}}]


def test_a_field_that_fails_spoils_neither_the_stream_nor_the_socket(known: Peer) -> None:
    first, second = known.answers("1", "subscription { count(to: 2) { number even } }")
    assert first["data"] == {"count": {"number": 1, "even": None}}
    assert first["errors"][0]["extensions"] == {"code": "FORBIDDEN"}
    assert second == {"data": {"count": {"number": 2, "even": True}}}


def test_an_unexpected_failure_of_a_field_is_masked(live: Live) -> None:
    with peer(live.socket_address, headers={"x-request-id": "a-socket-of-mine"}) as client:
        response = client.connection.response
        assert response is not None
        assert response.headers["x-request-id"] == "a-socket-of-mine"
        payloads = client.init().answers("1", "subscription { count(to: 3) { sound } }")
    assert [payload["data"] for payload in payloads] == [
        {"count": {"sound": True}},
        None,
        {"count": {"sound": True}},
    ]
    assert payloads[1]["errors"][0]["extensions"] == {
        "requestId": "a-socket-of-mine.1",
        "code": "INTERNAL_SERVER_ERROR",
    }


@pytest.mark.parametrize("after", [0, 2])
def test_a_source_that_fails_ends_its_operation_with_a_masked_error(
    known: Peer, after: int
) -> None:
    known.subscribe("1", f"subscription {{ broken(after: {after}) }}")
    for number in range(after):
        assert known.hear()["payload"] == {"data": {"broken": str(number)}}
    message = known.hear()
    (error,) = message["payload"]
    assert (message["type"], error["extensions"]["code"]) == ("error", "INTERNAL_SERVER_ERROR")
    assert "secret" not in error["message"]
    assert known.answers("1", WHO) == [{"data": {"who": "nobody"}}]


def test_complete_closes_the_source_and_frees_the_id(known: Peer) -> None:
    known.subscribe("1", ENDLESS, variables={"name": "completed"})
    assert known.hear()["type"] == "next"
    known.say("complete", id="1")
    assert known.answers("1", WHO) == [{"data": {"who": "nobody"}}]
    WATCH.until_closed("completed")


def test_complete_of_an_unknown_id_is_ignored(known: Peer) -> None:
    known.say("complete", id="never seen")
    assert known.answers("1", WHO) == [{"data": {"who": "nobody"}}]


def test_a_client_that_goes_closes_all_its_sources(live: Live) -> None:
    with peer(live.socket_address) as client:
        client.init()
        for id_ in ("1", "2", "3"):
            client.subscribe(id_, ENDLESS, variables={"name": "left"})
        WATCH.until_open("left", 3)
    WATCH.until_closed("left", 3)


def test_a_connection_that_breaks_closes_its_sources(live: Live) -> None:
    with peer(live.socket_address) as client:
        client.init().subscribe("1", ENDLESS, variables={"name": "broken off"})
        WATCH.until_open("broken off")
        client.connection.socket.close()
        WATCH.until_closed("broken off")


def test_a_mutation_that_has_begun_is_finished_though_the_client_goes(live: Live) -> None:
    with peer(live.socket_address) as client:
        client.init().subscribe("1", 'mutation { waitAtGate(name: "unheard") }')
        WATCH.until_open("unheard")
        client.say("complete", id="1")
        assert client.answers("1", WHO) == [{"data": {"who": "nobody"}}]
    WATCH.gate.set()
    WATCH.until(lambda: WATCH.given["unheard"] == 1)


def test_pings_are_answered_with_what_they_say_at_any_time(client: Peer) -> None:
    client.say("ping")
    assert client.hear() == {"type": "pong"}
    client.init()
    client.say("ping", payload={"at": 1})
    assert client.hear() == {"type": "pong", "payload": {"at": 1}}
    client.say("pong")
    client.say("pong", payload={"unasked": True})
    assert client.answers("1", WHO) == [{"data": {"who": "nobody"}}]


def test_the_server_pings(world: str) -> None:
    times = ConnectionTimeouts(ping_seconds=0.01)
    with live_server(world, times=times) as live, peer(live.socket_address) as client:
        assert client.hear() == {"type": "ping"}
        client.say("pong")
        assert client.hear() == {"type": "ping"}


@pytest.mark.parametrize(
    ("payload", "headers", "who"),
    [
        (None, {}, "nobody"),
        ({}, {}, "nobody"),
        ({"authorization": None, "x-api-key": None}, {}, "nobody"),
        ({"Authorization": f"Bearer {token_of(ADA)}"}, {}, f"person {ADA}"),
        ({"authorization": f"Bearer {token_of(ADA)}"}, {}, f"person {ADA}"),
        (None, {"authorization": f"Bearer {token_of(ADA)}"}, f"person {ADA}"),
        (
            {"authorization": f"Bearer {token_of(ADA)}"},
            {"authorization": "Bearer nonsense"},
            f"person {ADA}",
        ),
    ],
)
def test_who_asks(live: Live, payload: Any, headers: dict[str, str], who: str) -> None:
    with peer(live.socket_address, headers=headers) as client:
        assert client.init(payload).answers("1", WHO) == [{"data": {"who": who}}]


@pytest.mark.parametrize("name", ["x-api-key", "X-API-Key"])
def test_a_company_asks(live: Live, api_key: str, name: str) -> None:
    company = {"who": f"company {GRACES_COMPANY}"}
    with peer(live.socket_address) as client:
        (answer,) = client.init({name: api_key}).answers("1", WHO)
        assert answer["data"] == company
    with peer(live.socket_address, headers={name: api_key}) as client:
        (answer,) = client.init().answers("1", WHO)
        assert answer["data"] == company


@pytest.mark.parametrize(
    ("payload", "headers"),
    [
        ({"authorization": "Bearer nonsense"}, {}),
        ({"authorization": 7}, {}),
        ({"authorization": ""}, {}),
        ({"x-api-key": "nonsense"}, {}),
        ({"x-api-key": {"a": 1}}, {}),
        ({"x-api-key": "x", "authorization": f"Bearer {token_of(ADA)}"}, {}),
        (None, {"authorization": "Bearer nonsense"}),
        (None, {"x-api-key": "nonsense"}),
    ],
)
def test_a_credential_that_is_not_accepted(
    live: Live, payload: Any, headers: dict[str, str]
) -> None:
    with peer(live.socket_address, headers=headers) as client:
        client.say("connection_init", payload=payload)
        assert client.closing() == (4403, "Forbidden")


def test_who_is_being_erased_asks_nothing_more_over_an_open_socket(own_world: str) -> None:
    with live_server(own_world) as live, peer(live.socket_address) as client:
        client.init({"authorization": f"Bearer {token_of(ADA)}"})
        assert client.answers("1", WHO) == [{"data": {"who": f"person {ADA}"}}]
        asyncio.run(run(own_world, f"UPDATE users SET erasure_began_at = now() WHERE id = {ADA}"))
        client.subscribe("2", WHO)
        assert client.closing() == (4403, "Forbidden")


def test_a_token_that_expires_closes_the_socket_and_the_sources(world: str) -> None:
    token = issue_token(SECRET, user_id=ADA, roles=(), ttl_seconds=1, now=NOW)
    time = Time(NOW + timedelta(seconds=0.9))
    with live_server(world, clock=time) as live, peer(live.socket_address) as client:
        client.init({"authorization": f"Bearer {token}"})
        client.subscribe("1", ENDLESS, variables={"name": "expired"})
        WATCH.until_open("expired")
        time.now = NOW + timedelta(seconds=1)
        assert client.closing() == (4403, "Forbidden")
        WATCH.until_closed("expired")


@pytest.mark.parametrize(
    "message",
    [
        "",
        "{",
        "null",
        "7",
        "true",
        '"text"',
        "[]",
        "{}",
        '{"type": null}',
        '{"type": 7}',
        '{"type": ["ping"]}',
        '{"type": "start", "id": "1"}',
        '{"type": "connection_ack"}',
        '{"type": "next", "id": "1", "payload": {}}',
        '{"type": "connection_init", "payload": []}',
        '{"type": "connection_init", "payload": "x"}',
        '{"type": "ping", "payload": 7}',
        '{"type": "pong", "payload": []}',
        '{"type": "complete"}',
        '{"type": "complete", "id": 7}',
        '{"type": "subscribe", "payload": {"query": "{ who }"}}',
        '{"type": "subscribe", "id": "", "payload": {"query": "{ who }"}}',
        '{"type": "subscribe", "id": 1, "payload": {"query": "{ who }"}}',
        '{"type": "subscribe", "id": "1"}',
        '{"type": "subscribe", "id": "1", "payload": []}',
        '{"type": "subscribe", "id": "1", "payload": {}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 7}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ who }", "variables": [7]}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ who }", "operationName": 7}}',
        '{"type": "subscribe", "id": "\\ud800", "payload": {"query": "{ who }"}}',
        "[" * 15_000,
        b'{"type": "ping"}',
        b"\xff\x00",
    ],
    ids=range(33),
)
def test_a_bad_message(known: Peer, message: str | bytes) -> None:
    known.connection.send(message)
    code, reason = known.closing()
    assert code == 4400
    assert reason


def test_a_text_that_is_no_text(known: Peer) -> None:
    known.connection.send(b"\xff", text=True)
    assert known.closing()[0] == 1007


def test_a_message_that_is_too_large(known: Peer) -> None:
    known.say("ping", payload={"x": "x" * MAX_BYTES})
    assert known.closing() == (1009, "The message is too large")


def test_subscribing_before_saying_who(client: Peer) -> None:
    client.subscribe("1", WHO)
    assert client.closing() == (4401, "Unauthorized")


@pytest.mark.parametrize("subprotocols", [(), ("graphql-ws",), ("soap", "graphql-sse")])
def test_another_subprotocol(live: Live, subprotocols: tuple[str, ...]) -> None:
    with peer(live.socket_address, subprotocols=subprotocols) as client:
        assert client.closing() == (4406, "The subprotocol is graphql-transport-ws")


def test_ours_is_chosen_among_several_subprotocols(live: Live) -> None:
    names = ("graphql-ws", "graphql-transport-ws")
    with peer(live.socket_address, subprotocols=names) as client:
        assert client.connection.subprotocol == "graphql-transport-ws"


def test_a_client_that_does_not_say_who_it_is(world: str) -> None:
    times = ConnectionTimeouts(init_seconds=0.05)
    with live_server(world, times=times) as live, peer(live.socket_address) as client:
        assert client.closing() == (4408, "Connection initialisation timeout")


def test_an_id_twice(known: Peer) -> None:
    known.subscribe("1", ENDLESS, variables={"name": "twice"})
    known.subscribe("1", WHO)
    assert known.closing() == (4409, "A subscriber for this id already exists")
    WATCH.until_closed("twice")


def test_saying_twice_who_it_is(known: Peer) -> None:
    known.say("connection_init")
    assert known.closing() == (4429, "Too many initialisation requests")


def test_a_key_that_cannot_be_checked(postgres: str, template: str, api_key: str) -> None:
    """The database is gone when the key is to be looked up."""
    with new_database(postgres, template) as url:
        running = live_server(url)
        live = running.__enter__()
    try:
        with peer(live.socket_address) as client:
            client.say("connection_init", payload={"x-api-key": api_key})
            assert client.closing() == (1013, "API keys cannot be checked at the moment.")
    finally:
        running.__exit__(None, None, None)


def test_a_fault_outside_of_any_field_ends_one_operation_only(world: str) -> None:
    time = Time(NOW)
    with live_server(world, clock=time) as live, peer(live.socket_address) as client:
        client.init()
        time.now = None
        (error,) = client.error("1", WHO)
        assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        time.now = NOW
        assert client.answers("1", WHO) == [{"data": {"who": "nobody"}}]


@pytest.mark.parametrize(
    "origin", [None, ALLOWED_ORIGIN, "HTTPS://Chat.Example", "http://127.0.0.1:{port}"]
)
def test_pages_that_may_connect(live: Live, origin: str | None) -> None:
    port = live.address.rpartition(":")[2]
    offered = origin and origin.format(port=port)
    with peer(live.socket_address, origin=offered) as client:
        client.init()


@pytest.mark.parametrize(
    "origin",
    ["null", "https://evil.example", "https://chat.example.evil.example", "http://127.0.0.1:1"],
)
def test_pages_that_may_not_connect(live: Live, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused, peer(live.socket_address, origin=origin):
        pass
    response = refused.value.response
    assert response.status_code == 403
    assert response.body == (
        b'{"errors":[{"message":"Pages of this origin may not connect.",'
        b'"extensions":{"code":"FORBIDDEN"}}]}'
    )


def test_only_so_many_operations_run_at_once(known: Peer) -> None:
    for number in range(MOST_OPERATIONS):
        known.subscribe(str(number), ENDLESS, variables={"name": "many"})
        assert known.hear()["type"] == "next"
    (error,) = known.error("one more", WHO)
    assert error["extensions"]["code"] == "TOO_MANY_OPERATIONS"
    known.say("complete", id="0")
    WATCH.until_closed("many")
    assert known.answers("one more", WHO) == [{"data": {"who": "nobody"}}]


def test_the_log_has_a_line_for_the_socket_and_one_for_each_operation(live: Live) -> None:
    text = "a text that nobody else may read"
    token = token_of(ADA)
    with capture_logs() as lines:
        with peer(live.socket_address, headers={"x-request-id": "logged-socket"}) as client:
            client.init({"authorization": f"Bearer {token}"})
            query = "query Same($text: String!) { same(text: $text) }"
            client.answers("1", query, variables={"text": text})
            client.answers("2", COUNT, variables={"to": 3})
        while not any(line.get("operations") == 2 for line in lines):
            live.http.get("/elsewhere")
    ours = [line for line in lines if line["request_id"].startswith("logged-socket")]
    for line in ours:
        assert line.pop("ms") > 0
        line.pop("log_level")
    done = {"event": "operation", "outcome": "ok", "statements": 0}
    assert ours == [
        done | {"request_id": "logged-socket.1", "operation": "untrusted", "answers": 1},
        done | {"request_id": "logged-socket.2", "operation": "untrusted", "answers": 3},
        {
            "event": "request",
            "request_id": "logged-socket",
            "method": "GET",
            "path": "/graphql",
            "status": 101,
            "code": 1000,
            "operations": 2,
        },
    ]
    assert not any(secret in str(lines) for secret in (text, token))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=9,
)
TYPES = st.sampled_from(["connection_init", "ping", "pong", "subscribe", "complete", "next"])
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "type": TYPES | JSON,
        "id": st.sampled_from(["1", "2"]) | JSON,
        "payload": JSON
        | st.fixed_dictionaries(
            {"query": st.sampled_from([WHO, COUNT, "{", "subscription { broken }"]) | JSON},
            optional={"variables": JSON, "operationName": JSON, "extensions": JSON},
        ),
    },
)


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sent=st.lists(MESSAGES | JSON | st.binary(max_size=9), max_size=6), begins=st.booleans())
def test_whatever_is_sent_the_socket_closes_as_the_protocol_says(
    live: Live, sent: list[Any], *, begins: bool
) -> None:
    with peer(live.socket_address) as client:
        if begins:
            client.init()
        with suppress(ConnectionClosed):
            for message in sent:
                if isinstance(message, bytes):
                    client.connection.send(message)
                else:
                    client.send(message)
            client.connection.send("enough")
        assert client.closing()[0] in {4400, 4401, 4403, 4409, 4429}
