"""Nobody reads another's rows, and a stranger's id answers like one that does not exist."""

from typing import Any

import pytest

from gql.values.ids import global_id
from tests.fixtures.server import Api
from tests.fixtures.world import (
    ADA,
    ADAS_COMPANY,
    ALAN,
    GRACE,
    GRACES_COMPANY,
    GRACES_CONVERSATION,
    GRACES_MESSAGE,
    GRACES_REQUEST,
)
from tests.gql.schema.strangers import GRACES, NODE_TYPES, NOWHERE

NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"


@pytest.mark.parametrize("type_name", NODE_TYPES)
def test_the_owner_reads_it(api: Api, type_name: str) -> None:
    id_ = global_id(type_name, GRACES[type_name])
    assert api.data(NODE, {"id": id_}, viewer=GRACE) == {
        "node": {"__typename": type_name, "id": id_}
    }


@pytest.mark.parametrize("type_name", NODE_TYPES)
@pytest.mark.parametrize("caller", [{"viewer": ADA}, {"viewer": ALAN}, {}])
def test_a_stranger_gets_what_nobody_would(
    api: Api, type_name: str, caller: dict[str, Any]
) -> None:
    foreign = {"id": global_id(type_name, GRACES[type_name])}
    missing = {"id": global_id(type_name, NOWHERE)}
    assert api.ask(NODE, foreign, **caller) == {"data": {"node": None}}
    assert api.ask(NODE, missing, **caller) == {"data": {"node": None}}


@pytest.mark.parametrize("caller", [{"viewer": ADA}, {"viewer": ALAN}, {}])
def test_a_stranger_gets_none_of_many(api: Api, caller: dict[str, Any]) -> None:
    ids = [global_id(type_name, GRACES[type_name]) for type_name in NODE_TYPES]
    assert api.ask(NODES, {"ids": ids}, **caller) == {"data": {"nodes": [None] * len(ids)}}
    assert [one["id"] for one in api.data(NODES, {"ids": ids}, viewer=GRACE)["nodes"]] == ids


@pytest.mark.parametrize("key", [GRACES_CONVERSATION, NOWHERE])
@pytest.mark.parametrize("caller", [{"viewer": ADA}, {}])
def test_a_strangers_conversation(api: Api, key: int, caller: dict[str, Any]) -> None:
    document = "query ($id: ID!) { conversation(id: $id) { messages { edges { cursor } } } }"
    variables = {"id": global_id("Conversation", key)}
    assert api.ask(document, variables, **caller) == {"data": {"conversation": None}}


def test_an_operator_is_a_stranger_too(api: Api) -> None:
    variables = {"id": global_id("Conversation", GRACES_CONVERSATION)}
    assert api.data(NODE, variables, viewer=ADA, roles=("ops",)) == {"node": None}


def test_lists_hold_the_viewers_own(api: Api) -> None:
    document = """{ viewer {
      conversations { totalCount edges { node { id messages { edges { node { id } } } } } }
      privacyRequests { edges { node { id } } }
    } enterpriseAccount { id } }"""
    data = api.data(document, viewer=GRACE)
    assert data == {
        "viewer": {
            "conversations": {
                "totalCount": 1,
                "edges": [
                    {
                        "node": {
                            "id": global_id("Conversation", GRACES_CONVERSATION),
                            "messages": {
                                "edges": [{"node": {"id": global_id("Message", GRACES_MESSAGE)}}]
                            },
                        }
                    }
                ],
            },
            "privacyRequests": {
                "edges": [{"node": {"id": global_id("PrivacyRequest", GRACES_REQUEST)}}]
            },
        },
        "enterpriseAccount": {"id": global_id("EnterpriseAccount", GRACES_COMPANY)},
    }


def test_who_administers_no_company_has_none(api: Api) -> None:
    assert api.data("{ enterpriseAccount { id } }", viewer=ALAN) == {"enterpriseAccount": None}


@pytest.mark.parametrize("type_name", ["User", "Conversation", "Message", "PrivacyRequest"])
def test_a_companys_key_reads_no_person(api: Api, api_key: str, type_name: str) -> None:
    variables = {"id": global_id(type_name, GRACES[type_name])}
    assert api.data(NODE, variables, api_key=api_key) == {"node": None}
    assert api.data("{ viewer { id } }", api_key=api_key) == {"viewer": None}


def test_a_companys_key_reads_its_company_and_no_other(api: Api, api_key: str) -> None:
    document = """query ($other: ID!) {
      enterpriseAccount { id usage { dailyUsed } } node(id: $other) { id }
    }"""
    variables = {"other": global_id("EnterpriseAccount", ADAS_COMPANY)}
    assert api.data(document, variables, api_key=api_key) == {
        "enterpriseAccount": {
            "id": global_id("EnterpriseAccount", GRACES_COMPANY),
            "usage": {"dailyUsed": 7},
        },
        "node": None,
    }


def test_a_key_does_not_read_keys(api: Api, api_key: str) -> None:
    assert api.error("{ enterpriseAccount { credentials { keyPrefix } } }", api_key=api_key) == (
        "FORBIDDEN",
        "Only the account's administrator sees its credentials, with a token and not a key.",
    )
