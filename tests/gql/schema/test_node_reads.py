"""Objects that are read by their ids, with `node` and `nodes`."""

import pytest

from gql.values.ids import global_id
from tests.fixtures.servers.server import Api
from tests.fixtures.stores.world import (
    ADA,
    ADAS_COMPANY,
    LONG_CONVERSATION,
)


def test_nodes_come_in_the_order_of_their_ids(api: Api) -> None:
    ids = [
        global_id("User", ADA),
        global_id("Message", 30),
        global_id("Conversation", 999),
        global_id("PrivacyRequest", 1),
        global_id("ApiCredential", 3),
        global_id("EnterpriseAccount", ADAS_COMPANY),
        global_id("Conversation", LONG_CONVERSATION),
        global_id("Unheard", 1),
        global_id("Message", 30),
    ]
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }"
    nodes = api.data(document, {"ids": ids}, viewer=ADA)["nodes"]
    assert [node and node["__typename"] for node in nodes] == [
        "User",
        "Message",
        None,
        "PrivacyRequest",
        "ApiCredential",
        "EnterpriseAccount",
        "Conversation",
        None,
        "Message",
    ]
    assert all(node is None or node["id"] == id_ for node, id_ in zip(nodes, ids, strict=True))


def test_more_nodes_than_may_be_requested(api: Api) -> None:
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    ids = [global_id("Message", 30)] * 101
    assert api.error(document, {"ids": ids}, viewer=ADA) == (
        "BAD_USER_INPUT",
        "At most 100 ids can be asked for at once.",
    )


@pytest.mark.parametrize("text", ["", "x", "VXNlcjox=", "VXNlcjow", "VXNlcjoxIA==", "ü", "1"])
def test_text_that_is_no_id(api: Api, text: str) -> None:
    document = "query ($id: ID!) { node(id: $id) { id } }"
    assert api.error(document, {"id": text}, viewer=ADA) == (
        "BAD_USER_INPUT",
        "This is not an id of this API.",
    )
