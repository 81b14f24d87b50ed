"""What a router's batches of entities take: the budget of each type, for 1, 10 and 100 of them."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson
import pytest
from graphql import GraphQLObjectType, is_leaf_type, is_required_argument

from app.graphql.pipeline.responses import OperationResponse
from app.graphql.request.graphql_request import GraphQLRequest
from app.wiring import open_application
from gql.build import core_schema
from perf.benchmarks.harness.single_response import single_response
from services.callers.principal import Person
from tests.fixtures.servers.server import Api, settings_for
from tests.fixtures.servers.subgraph import ENTITIES, ROUTER, representation
from tests.fixtures.stores.world import (
    ADA,
    ADAS_COMPANY,
    ADAS_CONVERSATIONS,
    ADAS_CREDENTIALS,
    ADAS_REQUESTS,
    GRACES_INVOICE,
    LONG_MESSAGES,
    NOW,
)
from tests.gql.schema.strangers import NODE_TYPES

# Any: representations and answers are JSON.
Ask = Callable[[str, Sequence[Any]], OperationResponse]
STATEMENTS: Mapping[str, list[str]] = {
    "ApiCredential": ["credentials.by_id"],
    "Conversation": ["conversations.by_id", "messages.count_by_conversation"],
    "EnterpriseAccount": ["enterprise.accounts_by_administrator"],
    "Invoice": ["invoices.by_id"],
    "Message": ["messages.by_id", "messages.sibling_places"],
    "PrivacyRequest": ["privacy.requests_by_id"],
    "User": ["users.by_id"],
}
"""The budget: the statements of a batch of one type, of which every plain field is asked for."""
FIRST = {
    "ApiCredential": ADAS_CREDENTIALS[0],
    "Conversation": ADAS_CONVERSATIONS[0],
    "EnterpriseAccount": ADAS_COMPANY,
    "Invoice": GRACES_INVOICE,
    "Message": LONG_MESSAGES[0],
    "PrivacyRequest": ADAS_REQUESTS[0],
    "User": ADA,
}
"""The first key that is asked for; those after it are Ada's, other people's, or nobody's."""


@pytest.fixture(scope="module")
def ask(world: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Asks a subgraph as Ada."""
    settings = settings_for(
        world,
        tmp_path_factory.mktemp("data"),
        graphql_federation=True,
        graphql_router_keys=["k" * 32],
    )
    with asyncio.Runner() as runner:
        opening = open_application(settings, world, clock=lambda: NOW)
        application = runner.run(opening.__aenter__())

        def asking(query: str, representations: Sequence[Any]) -> OperationResponse:
            variables = {"of": list(representations)} if "$of" in query else {}
            request = GraphQLRequest(query, variables=variables)
            return runner.run(single_response(application.graphql, request, Person(ADA)))

        yield asking
        runner.run(opening.__aexit__(None, None, None))


def everything_of(type_name: str) -> str:
    """Asks for every field of an entity that needs no argument and has no fields of its own."""
    type_ = core_schema(is_subgraph=True).type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    names = [
        name
        for name, field in type_.fields.items()
        if is_leaf_type(getattr(field.type, "of_type", field.type))
        and not any(map(is_required_argument, field.args.values()))
    ]
    return f"""query Entities($of: [_Any!]!) {{
      _entities(representations: $of) {{ ... on {type_name} {{ {" ".join(names)} }} }} }}"""


@pytest.mark.parametrize("type_name", NODE_TYPES)
def test_each_type_has_a_budget_whatever_the_size(ask: Ask, type_name: str) -> None:
    query, first = everything_of(type_name), FIRST[type_name]
    for size in (1, 10, 100):
        batch = [representation(type_name, key) for key in range(first, first + size)]
        answer = ask(query, batch)
        assert (size, sorted(answer.statements)) == (size, STATEMENTS[type_name])
        body = orjson.loads(orjson.dumps(answer.body))
        assert "errors" not in body
        ids = [one and one["id"] for one in body["data"]["_entities"]]
        assert [id_ for id_ in ids if id_] == [
            one["id"] for one, id_ in zip(batch, ids, strict=True) if id_
        ]
        assert len(ids) == size


def test_the_schema_costs_no_statement(ask: Ask) -> None:
    answer = ask("{ _service { sdl } }", [])
    assert answer.body["data"]["_service"]["sdl"].startswith("schema @link")
    assert list(answer.statements) == []


def test_a_batch_in_disorder_keeps_its_order_and_what_is_repeated(ask: Ask) -> None:
    """Types mixed, each key several times, among them what is a stranger's, nobody's or wrong."""
    own = [representation("Conversation", key) for key in (7, 3, 7, 12)]
    wrong = [
        representation("Conversation", 10**18),
        {"__typename": "Nothing", "id": own[0]["id"]},
        {"__typename": "Conversation", "id": "%%%"},
        representation("User", ADA),
        representation("User", ADA + 1),
    ]
    batch = [one for pair in zip(own * 5, (wrong * 5)[:20], strict=True) for one in pair]
    answer = ask(ENTITIES, batch)
    assert sorted(answer.statements) == ["conversations.by_id", "users.by_id"]
    body = orjson.loads(orjson.dumps(answer.body))
    expected = [one["id"] if one in own or one == wrong[3] else None for one in batch]
    assert [one and one["id"] for one in body["data"]["_entities"]] == expected
    failed = [place for place, one in enumerate(batch) if one in wrong[1:3]]
    assert [one["path"] for one in body["errors"]] == [["_entities", place] for place in failed]


@pytest.mark.parametrize("size", [1, 10, 100, 650])
def test_a_batch_costs_an_object_for_each(subgraph: Api, size: int) -> None:
    """Whatever it is: who represents strangers or nothing pays as for objects of his own."""
    for one in (representation("Message", LONG_MESSAGES[0]), {"__typename": "Nothing"}):
        answer = subgraph.http.post(
            "/graphql",
            json={"query": ENTITIES, "variables": {"of": [one] * size}},
            headers={**subgraph.credentials(ADA), **ROUTER, "graphql-cost": "validate"},
        )
        assert answer.json()["extensions"]["cost"]["requestedQueryCost"] == size


def test_too_many_are_refused_before_any_statement_and_charged(subgraph: Api) -> None:
    """Ten thousand are too large a body; as many as fit have too many values, or cost too much."""
    one = representation("Conversation", ADAS_CONVERSATIONS[0])
    headers = {**subgraph.credentials(ADA), **ROUTER}
    for size, status in ((10_000, 413), (4_000, 400), (650, 200), (1_000, 400)):
        answer = subgraph.http.post(
            "/graphql",
            json={"query": ENTITIES, "variables": {"of": [one] * size}},
            headers=headers,
        )
        assert (size, answer.status_code) == (size, status)
