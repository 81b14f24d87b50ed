"""What the time of requests passes in, of a server that traces them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from gql.documents.trusted_documents import trusted_documents
from perf.load.monitoring.exposition import Exposition, by_labels, read_exposition
from perf.load.monitoring.traced_parts import TRACED
from tests.captured_logs import capture_logs
from tests.fixtures.clients.peer import peer
from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.server import Api, metrics_of, serving, settings_for
from tests.fixtures.stores.world import ADA
from tests.waiting import until

KINDS, REQUESTS = "guidance_operation_part_seconds_total", "guidance_operation_traced_total"
PARTS, PART_SECONDS = "guidance_part_total", "guidance_part_seconds_total"
JOB_STATEMENTS = "guidance_job_statements_total"


@contextmanager
def traced(url: str, folder: Path, share: float, **others: Any) -> Iterator[Api]:
    """A server that traces such a share of its requests."""
    settings = settings_for(
        url, folder, graphql_trace_share=share, serve_runs_worker=False, **others
    )
    with serving(settings) as api:
        yield api


# Any: variables and data are JSON.
def ask(api: Api, name: str, **variables: Any) -> Any:
    return api.data(trusted_documents()[name].text, variables, viewer=ADA)


def counted(api: Api) -> Exposition:
    return read_exposition(metrics_of(api.http))


def seconds_of(api: Api, operation: str) -> float:
    found = by_labels(counted(api), KINDS, "operation")
    return found.get((operation,), 0.0)


def test_the_parts_of_requests_are_all_of_their_time(
    own_world: str, tmp_path: Path, stand_in: StandInControl
) -> None:
    stand_in.next({"first_token_seconds": 0.2})
    names = ("ConversationsWithMessages", "SendMessage")
    with traced(own_world, tmp_path, 1.0, chat_llm_base_url=stand_in.url) as api:
        before = by_labels(counted(api), PART_SECONDS, "kind", "name")
        # Metrics are the process's: those of other tests' servers are in them too.
        earlier = {name: seconds_of(api, name) for name in names}
        with capture_logs() as lines:
            for _ in range(20):
                ask(api, "ConversationsWithMessages")
            ask(api, "SendMessage", content="Hello", idempotencyKey=token_hex())
            until(lambda: sum(one["event"] == "request" for one in lines) >= 21)
        seconds = {name: seconds_of(api, name) - earlier[name] for name in names}
        for name in names:
            whole = (
                sum(
                    line["ms"]
                    for line in lines
                    if line["event"] == "request" and line.get("operation") == name
                )
                / 1_000
            )
            assert seconds[name] == pytest.approx(whole, rel=0.05)
        after = by_labels(counted(api), PART_SECONDS, "kind", "name")
        model = after["model", "model"] - before.get(("model", "model"), 0.0)
        assert 0.15 < model < seconds["SendMessage"]
        assert by_labels(counted(api), PARTS, "kind", "name")["resolver", "Query.viewer"] >= 20


def test_a_request_over_a_socket_is_traced(world: str, tmp_path: Path) -> None:
    with traced(world, tmp_path, 1.0) as api:
        before = by_labels(counted(api), REQUESTS, "operation")
        address = f"{api.http.base_url}/graphql".replace("http", "ws", 1)
        with peer(address) as client:
            client.init(api.credentials(ADA))
            assert client.answers("1", trusted_documents()["Plans"].text)
        until(lambda: by_labels(counted(api), REQUESTS, "operation") != before)


def test_nothing_is_traced_that_nobody_asks_for(world: str, tmp_path: Path) -> None:
    with traced(world, tmp_path, 0.0) as api:
        before = by_labels(counted(api), REQUESTS, "operation")
        ask(api, "Quota")
        assert by_labels(counted(api), REQUESTS, "operation") == before
        api.http.headers.update(TRACED)
        ask(api, "Quota")
        after = by_labels(counted(api), REQUESTS, "operation")
        assert after["Quota",] - before.get(("Quota",), 0.0) == 1


def test_statements_of_jobs_are_known_as_such(world: str, tmp_path: Path) -> None:
    with traced(world, tmp_path, 1.0) as api:
        until(
            lambda: (
                ("follow_documents", "operations.version")
                in by_labels(counted(api), JOB_STATEMENTS, "background_job", "method")
            )
        )
        polled = by_labels(counted(api), PARTS, "kind", "name")
        assert ("database", "operations.version") not in polled
