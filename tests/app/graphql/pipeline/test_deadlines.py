"""Queries whose time is over, or for whom nobody waits: the database stops working on them."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import orjson
import pytest

from tests.app.graphql.pipeline.locked_table import locked
from tests.captured_logs import capture_logs
from tests.fixtures.clients.peer import peer
from tests.fixtures.servers.live import Live, live_server
from tests.fixtures.servers.server import Api, metrics_of, serving, settings_for, token_of
from tests.fixtures.servers.watched import WATCH
from tests.fixtures.stores.world import ADA
from tests.waiting import until

PLANS = "query Plans { plans { code } }"
TRUSTED_PLANS = {"documentId": "x-guidance-Plans"}
LATE = "The answer took longer than 0.2 seconds, and was given up."


@pytest.fixture(scope="module")
def patient(world: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server that would wait for longer than any test does."""
    settings = settings_for(
        world,
        tmp_path_factory.mktemp("data"),
        graphql_deadline_seconds=600,
        serve_runs_worker=False,
    )
    with serving(settings) as api:
        yield api


def test_a_deadline_that_passes_ends_the_statement(own_world: str, tmp_path: Path) -> None:
    settings = settings_for(own_world, tmp_path, graphql_deadline_seconds=0.2)
    with serving(settings) as api, locked(own_world) as table, capture_logs() as lines:
        answer = api.http.post("/graphql", json=TRUSTED_PLANS)
        until(lambda: table.waiting() == 0)
        metrics = metrics_of(api.http)
    (error,) = answer.json().pop("errors")
    assert (answer.status_code, error) == (
        504,
        {"message": LATE, "extensions": {"code": "DEADLINE_EXCEEDED"}},
    )
    (line,) = [line for line in lines if line["event"] == "request" and line["method"] == "POST"]
    assert (line["operation"], line["outcome"]) == ("Plans", "server_error")
    assert 'guidance_operations_total{operation="Plans",outcome="server_error"} 1.0' in metrics


@pytest.mark.parametrize(
    ("accept", "length"),
    [("application/json", 0), ("application/json", 100_000), ("text/event-stream", 0)],
    ids=["at once", "after a body for which reading pauses", "events"],
)
def test_a_client_that_goes_ends_the_statement(
    patient: Api, world: str, accept: str, length: int
) -> None:
    place = urlsplit(str(patient.http.base_url))
    body = orjson.dumps(TRUSTED_PLANS).ljust(length)
    with locked(world) as table, capture_logs() as lines:
        with socket.create_connection((place.hostname, place.port)) as connection:
            connection.sendall(
                b"POST /graphql HTTP/1.1\r\nHost: x\r\nAccept: %b\r\n"
                b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                % (accept.encode(), len(body), body)
            )
            until(lambda: table.waiting() == 1)
        until(lambda: table.waiting() == 0)
        until(lambda: any(line["event"] == "request" for line in lines))
    (line,) = [line for line in lines if line["event"] == "request"]
    if accept == "application/json":
        assert (line["status"], line["operation"], line["outcome"]) == (499, "Plans", "gone")


@pytest.mark.parametrize("ending", ["complete", "close"])
def test_a_socket_that_wants_no_more_ends_the_statement(
    patient: Api, world: str, ending: str
) -> None:
    address = str(patient.http.base_url).replace("http", "ws") + "/graphql"
    with locked(world) as table, peer(address) as client:
        client.init().subscribe("1", PLANS)
        until(lambda: table.waiting() == 1)
        if ending == "complete":
            client.say("complete", id="1")
        else:
            client.connection.close()
        until(lambda: table.waiting() == 0)


def test_the_connection_of_a_broken_statement_is_good_for_the_next(
    patient: Api, world: str
) -> None:
    with locked(world) as table:
        for _ in range(6):
            with pytest.raises(httpx2.ReadTimeout):
                patient.http.post("/graphql", json={"query": PLANS}, timeout=0.3)
        until(lambda: table.waiting() == 0)
    assert len(patient.data(PLANS)["plans"]) == 2


@pytest.fixture(scope="module")
def hurried(world: str) -> Iterator[Live]:
    """A server of the small schema that waits for a moment only."""
    with live_server(world, deadline_seconds=0.2) as running:
        yield running


def test_a_deadline_costs_the_caller_nothing(hurried: Live) -> None:
    headers = {"authorization": f"Bearer {token_of(ADA)}"}
    query = '{ things { slow(name: "late") } }'
    answer = hurried.http.post("/graphql", json={"query": query}, headers=headers)
    WATCH.gate.set()
    assert (answer.status_code, answer.headers["ratelimit"]) == (504, '"cost";r=50000;t=0')


def test_over_a_socket_and_over_events_the_deadline_is_an_error(hurried: Live) -> None:
    query = '{ things { slow(name: "late too") } }'
    with peer(hurried.socket_address) as client:
        (error,) = client.init().error("1", query)
        assert client.answers("2", "{ who }") == [{"data": {"who": "nobody"}}]
    assert error["extensions"] == {"code": "DEADLINE_EXCEEDED"}
    answer = hurried.http.post(
        "/graphql", json={"query": query}, headers={"accept": "text/event-stream"}
    )
    WATCH.gate.set()
    assert (answer.status_code, "DEADLINE_EXCEEDED" in answer.text) == (200, True)


def test_a_mutation_has_no_deadline(hurried: Live) -> None:
    requested = threading.Timer(0.4, WATCH.gate.set)
    requested.start()
    answer = hurried.http.post(
        "/graphql", json={"query": 'mutation { waitAtGate(name: "in its own time") }'}
    )
    assert answer.json() == {"data": {"waitAtGate": True}}


def test_one_event_that_takes_too_long_ends_its_stream(hurried: Live) -> None:
    with peer(hurried.socket_address) as client:
        client.init().subscribe("1", 'subscription { slowThings { slow(name: "event") } }')
        message = client.hear()
    WATCH.gate.set()
    (error,) = message["payload"]
    assert (message["type"], error["extensions"]["code"]) == ("error", "DEADLINE_EXCEEDED")
