"""Texts that routers write run where others must be trusted documents, at the routers' cost."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.clients.peer import peer
from tests.fixtures.servers.server import Api, serving, settings_for
from tests.fixtures.servers.subgraph import ENTITIES, ROUTER, ROUTER_KEY, representation
from tests.fixtures.stores.world import ADA, ADAS_CONVERSATIONS, GRACES_CONVERSATION

SDL, TITLE = "{ _service { sdl } }", "{ conversation(id: %s) { title } }"
OF_ADA = {"of": [representation("Conversation", ADAS_CONVERSATIONS[0])]}


# Any: bodies are JSON.
def ask(
    api: Api, query: str, viewer: int | None = None, fields: dict[str, str] | None = None
) -> tuple[int, Any]:
    """Status and body."""
    body = {"query": query, "variables": OF_ADA if "$of" in query else None}
    headers = {**api.credentials(viewer), **(fields or {})}
    answer = api.http.post("/graphql", json=body, headers=headers)
    return answer.status_code, answer.json()


def code(body: Any) -> str:
    (error,) = body["errors"]
    found: str = error["extensions"]["code"]
    return found


@pytest.mark.parametrize("query", [ENTITIES, SDL, "{ __schema { queryType { name } } }"])
def test_without_the_routers_identity_nothing_else_runs(subgraph: Api, query: str) -> None:
    status, body = ask(subgraph, query, ADA)
    assert (status, code(body)) == (403, "QUERY_NOT_IN_SAFELIST")


def test_with_it_they_run_with_the_rights_of_the_caller(subgraph: Api) -> None:
    assert ask(subgraph, ENTITIES, ADA, ROUTER)[1]["data"]["_entities"][0]["__typename"]
    status, body = ask(subgraph, ENTITIES, fields=ROUTER)
    assert (status, body) == (200, {"data": {"_entities": [None]}})
    stranger = {"of": [representation("Conversation", GRACES_CONVERSATION)]}
    answer = subgraph.http.post(
        "/graphql",
        json={"query": ENTITIES, "variables": stranger},
        headers={**subgraph.credentials(ADA), **ROUTER},
    )
    assert answer.json() == {"data": {"_entities": [None]}}


def test_a_router_reads_the_schema(subgraph: Api) -> None:
    _, body = ask(subgraph, SDL, fields=ROUTER)
    assert '@key(fields: "id"' in body["data"]["_service"]["sdl"]


def test_a_wrong_key_is_refused_whatever_else_is_sent(subgraph: Api) -> None:
    for query in (SDL, "{ plans { code } }"):
        status, body = ask(subgraph, query, ADA, {"x-router-key": "wrong"})
        assert (status, code(body)) == (401, "UNAUTHENTICATED")


def test_over_a_socket(subgraph: Api) -> None:
    address = str(subgraph.http.base_url).replace("http", "ws") + "/graphql"
    with peer(address, headers=ROUTER) as router:
        (body,) = router.init(subgraph.credentials(ADA)).answers("1", ENTITIES, variables=OF_ADA)
        assert body["data"]["_entities"][0]["id"] == OF_ADA["of"][0]["id"]
    with peer(address) as other:
        (error,) = other.init(subgraph.credentials(ADA)).error("1", SDL)
        assert error["extensions"]["code"] == "QUERY_NOT_IN_SAFELIST"
    with peer(address, headers={"x-router-key": "wrong"}) as other:
        assert other.closing() == (4403, "Forbidden")


def test_a_document_that_is_not_valid_tells_the_router_why(subgraph: Api) -> None:
    status, body = ask(subgraph, "{ plans { prices } }", fields=ROUTER)
    assert (status, code(body)) == (400, "GRAPHQL_VALIDATION_FAILED")


def test_a_certificate_passed_on_by_a_trusted_proxy(world: str, tmp_path: Path) -> None:
    certificate = b"the bytes of a certificate"
    field = f":{b64encode(certificate).decode()}:"
    settings = settings_for(
        world,
        tmp_path,
        serve_runs_worker=False,
        graphql_federation=True,
        graphql_operations_mode="trusted",
        graphql_router_certificates=[sha256(certificate).hexdigest()],
    )
    with serving(settings) as api:
        forwarded: dict[str, str]
        for forwarded in ({}, {"x-forwarded-for": "203.0.113.9"}):
            assert "data" in ask(api, SDL, fields={"client-cert": field, **forwarded})[1]
        assert ask(api, SDL, fields={"client-cert": ":YQ==:"})[0] == 401


def test_its_new_texts_and_what_it_asks_for_nobody_are_at_its_cost(
    world: str, tmp_path: Path
) -> None:
    """A person's budget has what the person's operations cost, and nothing of their texts."""
    settings = settings_for(
        world,
        tmp_path,
        serve_runs_worker=False,
        graphql_federation=True,
        graphql_operations_mode="trusted",
        graphql_router_keys=[ROUTER_KEY],
        graphql_max_cost=400,
        graphql_router_budget=400,
        graphql_router_restore_rate=1,
        graphql_person_budget=400,
        graphql_person_restore_rate=1,
    )
    # 3,000 characters to read: 290 units, and 1 for the object.
    long = "{ plans { code } } #" + "x" * 2_980
    with serving(settings) as api:
        for number in range(3):
            status, body = ask(api, long + str(number), ADA, ROUTER)
            assert (status, number) in {(200, 0), (429, 1), (429, 2)}
        assert code(body) == "THROTTLED"
        # The person has not paid for them.
        assert ask(api, long + "0", ADA, ROUTER)[0] == 200
