"""Operations over a WebSocket: their events, their ids, and how they end."""

from typing import Any

import pytest

from app.graphql.transports.websocket.operations import MOST_CONCURRENT, MOST_OPERATIONS
from tests.app.graphql.transports.websocket.socket_documents import COUNT, ENDLESS, WHO, Time
from tests.captured_logs import capture_logs
from tests.fixtures.clients.peer import Peer, peer
from tests.fixtures.servers.live import Live, live_server
from tests.fixtures.servers.server import token_of
from tests.fixtures.servers.watched import WATCH
from tests.fixtures.stores.world import ADA, NOW


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


def test_a_started_mutation_is_finished_though_the_client_goes(live: Live) -> None:
    with peer(live.socket_address) as client:
        client.init().subscribe("1", 'mutation { waitAtGate(name: "unheard") }')
        WATCH.until_open("unheard")
        client.say("complete", id="1")
        assert client.answers("1", WHO) == [{"data": {"who": "nobody"}}]
    WATCH.gate.set()
    WATCH.until(lambda: WATCH.given["unheard"] == 1)


def test_an_id_twice(known: Peer) -> None:
    known.subscribe("1", ENDLESS, variables={"name": "twice"})
    known.subscribe("1", WHO)
    assert known.closing() == (4409, "A subscriber for this id already exists")
    WATCH.until_closed("twice")


def test_a_fault_outside_of_any_field_ends_one_operation_only(world: str) -> None:
    time = Time(NOW)
    with live_server(world, clock=time) as live, peer(live.socket_address) as client:
        client.init()
        time.now = None
        (error,) = client.error("1", WHO)
        assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        time.now = NOW
        assert client.answers("1", WHO) == [{"data": {"who": "nobody"}}]


def test_only_so_many_operations_run_at_once(known: Peer) -> None:
    for number in range(MOST_OPERATIONS):
        known.subscribe(str(number), ENDLESS, variables={"name": "many"})
        assert known.hear()["type"] == "next"
    (error,) = known.error("one more", WHO)
    assert error["extensions"]["code"] == "TOO_MANY_OPERATIONS"
    known.say("complete", id="0")
    WATCH.until_closed("many")
    assert known.answers("one more", WHO) == [{"data": {"who": "nobody"}}]


def test_what_waits_for_a_slot_can_be_stopped_and_never_runs(known: Peer) -> None:
    for number in range(MOST_CONCURRENT):
        known.subscribe(str(number), '{ things { slow(name: "busy") } }')
    WATCH.until_open("busy", 3 * MOST_CONCURRENT)
    known.subscribe("stopped", 'mutation { waitAtGate(name: "stopped in its queue") }')
    known.subscribe("waits", WHO)
    known.say("complete", id="stopped")
    known.subscribe("stopped", WHO)
    known.say("ping")
    assert known.hear() == {"type": "pong"}
    WATCH.gate.set()
    heard = [known.hear() for _ in range(2 * (MOST_CONCURRENT + 2))]
    ended = [message["id"] for message in heard if message["type"] == "complete"]
    assert sorted(ended) == [*map(str, range(MOST_CONCURRENT)), "stopped", "waits"]
    assert WATCH.opened["stopped in its queue"] == 0


def test_waiting_operations_end_with_their_socket(live: Live) -> None:
    with peer(live.socket_address) as client:
        client.init()
        for number in range(MOST_CONCURRENT):
            client.subscribe(str(number), '{ things { slow(name: "left over") } }')
        WATCH.until_open("left over", 3 * MOST_CONCURRENT)
        client.subscribe("waits", 'mutation { waitAtGate(name: "waits") }')
        client.say("ping")
        assert client.hear() == {"type": "pong"}
    WATCH.gate.set()
    with peer(live.socket_address) as client:
        assert client.init().answers("1", WHO) == [{"data": {"who": "nobody"}}]
    assert WATCH.opened["waits"] == 0


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
