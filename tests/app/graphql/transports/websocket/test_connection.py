"""A WebSocket by the protocol graphql-transport-ws: messages, pings, subprotocols, closing."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from app.graphql.transports.websocket.connection import ConnectionTimeouts
from tests.app.graphql.transports.websocket.socket_documents import COUNT, WHO
from tests.fixtures.clients.peer import Peer, peer
from tests.fixtures.run.examples import examples
from tests.fixtures.servers.live import MAX_BYTES, Live, live_server

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
        '{"type": "complete", "id": "' + "x" * 256 + '"}',
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
    ids=range(34),
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


def test_saying_twice_who_it_is(known: Peer) -> None:
    known.say("connection_init")
    assert known.closing() == (4429, "Too many initialisation requests")


@examples(60)
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
