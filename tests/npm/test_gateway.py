"""A supergraph of this API and a small second subgraph, composed and run by Apollo's packages."""

import json

from gql.values.ids import global_id
from tests.captured_logs import capture_logs
from tests.fixtures.clients.npm import NodeTests
from tests.fixtures.servers.server import Api, token_of
from tests.fixtures.servers.subgraph import ROUTER_KEY
from tests.fixtures.stores.world import ADA, ADAS_CONVERSATIONS, GRACES_CONVERSATION

MOST_STATEMENTS = 2
"""Of a request of the router: the conversations of a batch are one, those of a person one page."""


def test_queries_across_both(node_tests: NodeTests, subgraph: Api) -> None:
    with capture_logs() as logs:
        node_tests(
            "gateway.test.mjs",
            ADDRESS=str(subgraph.http.base_url),
            TOKEN=token_of(ADA),
            ROUTER_KEY=ROUTER_KEY,
            IDS=json.dumps([global_id("Conversation", key) for key in ADAS_CONVERSATIONS]),
            MISSING=json.dumps(
                [global_id("Conversation", key) for key in (GRACES_CONVERSATION, 987_654)]
            ),
        )
    asked = [event["statements"] for event in logs if event["event"] == "request"]
    # The schema; batches of 1, 10, 100; a page; a batch with a stranger's; nobody's two requests.
    assert sorted(asked) == [0, 0, 1, 1, 1, 1, 1, 1]
    assert max(asked) <= MOST_STATEMENTS
