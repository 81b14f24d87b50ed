"""The npm clients of front ends, and the audit of GraphQL over HTTP, against our server."""

from tests.fixtures.live import WATCH, Live
from tests.fixtures.npm import FOLDER, NodeTests
from tests.fixtures.server import Api, token_of
from tests.fixtures.world import ADA


def test_the_set_ups_that_the_page_for_front_ends_shows(node_tests: NodeTests, live: Live) -> None:
    folder = str(FOLDER / "node_modules" / ".documented")
    variables = {"ADDRESS": live.address, "TOKEN": token_of(ADA), "FOLDER": folder}
    node_tests("documented.test.mjs", **variables)


def test_the_audit_of_graphql_over_http_passes_whole(node_tests: NodeTests, api: Api) -> None:
    node_tests("audit.test.mjs", ADDRESS=str(api.http.base_url))


def test_graphql_ws_and_graphql_sse(node_tests: NodeTests, live: Live) -> None:
    WATCH.gate.set()
    node_tests("transports.test.mjs", ADDRESS=live.address, TOKEN=token_of(ADA))
    WATCH.gate.clear()
    for name in ("graphql-ws", "graphql-sse", "the page"):
        WATCH.until_closed(f"left by {name}")
