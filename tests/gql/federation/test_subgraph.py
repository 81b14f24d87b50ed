"""The subgraph: the plain schema with keys, whose entities are fetched like nodes."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from graphql import GraphQLObjectType, build_schema

from app.graphql.pipeline.responses import OperationResponse
from app.graphql.request.graphql_request import GraphQLRequest
from app.wiring import open_application
from gql.build import core_schema, schema, subgraph
from gql.documents.document_cache import DocumentCache
from gql.documents.validation.limits import Limits
from gql.resolvers.entities import ENTITY_TYPES
from perf.benchmarks.harness.single_response import single_response
from services.callers.principal import Person
from tests.fixtures.servers.server import settings_for
from tests.fixtures.servers.subgraph import ENTITIES, representation
from tests.fixtures.stores.world import (
    ADA,
    ADAS_COMPANY,
    ADAS_CONVERSATIONS,
    GRACES_CONVERSATION,
    LONG_MESSAGES,
    NOW,
)
from tests.gql.schema.strangers import GRACES, NODE_TYPES, NOWHERE

# Any: representations and answers are JSON.
Ask = Callable[[Sequence[Any]], OperationResponse]


@pytest.fixture(scope="module")
def ask(world: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Asks a subgraph for entities, as Ada, twice, the second time by compiled code."""
    settings = settings_for(
        world,
        tmp_path_factory.mktemp("data"),
        graphql_federation=True,
        graphql_router_keys=["k" * 32],
    )
    with asyncio.Runner() as runner:
        opening = open_application(settings, world, clock=lambda: NOW)
        application = runner.run(opening.__aenter__())

        def asking(representations: Sequence[Any]) -> OperationResponse:
            request = GraphQLRequest(ENTITIES, variables={"of": list(representations)})
            answers = [
                runner.run(single_response(application.graphql, request, Person(ADA)))
                for _ in range(3)
            ]
            for answer in answers[1:]:
                assert _plain(answer) == _plain(answers[0])
            return answers[-1]

        yield asking
        runner.run(opening.__aexit__(None, None, None))


def _plain(answer: OperationResponse) -> tuple[Any, list[Any]]:
    body = orjson.loads(orjson.dumps(answer.body))
    return body["data"], [(one["path"], one["message"]) for one in body.get("errors", ())]


def test_the_plain_schema_has_nothing_of_it() -> None:
    subgraph()
    printed = schema().as_str()
    assert printed == (Path("gql/schema.graphql").read_text()).removesuffix("\n")
    assert not any(one in printed for one in ("@key", "@link", "_entities", "_service", "_Any"))


def test_the_subgraph_has_all_of_the_plain_schema_and_keys() -> None:
    plain, joined = core_schema(), core_schema(is_subgraph=True)
    added = set(joined.type_map) - set(plain.type_map)
    assert added == {
        "_Any",
        "_Entity",
        "_FieldSet",
        "_Service",
        "link__Import",
        "link__Purpose",
    }
    assert set(plain.type_map) <= set(joined.type_map)
    before, after = plain.query_type, joined.query_type
    assert isinstance(before, GraphQLObjectType)
    assert isinstance(after, GraphQLObjectType)
    assert set(after.fields) - set(before.fields) == {"_entities", "_service"}
    assert after.description == before.description
    sdl = _sdl()
    assert sdl == subgraph().as_str()
    for name in NODE_TYPES:
        assert f'type {name} implements Node @key(fields: "id"' in sdl
    assert "type PageInfo @shareable {" in sdl
    build_schema(sdl, assume_valid_sdl=True)


def test_the_schema_is_shown_only_where_introspection_is_allowed() -> None:
    query = "query Schema { mine: _service { sdl } }"
    for allows in (True, False):
        cache = DocumentCache(
            core_schema(is_subgraph=True),
            limits=Limits(tokens=100, depth=5, aliases=5),
            allows_introspection=allows,
        )
        refusal = cache.prepare(query).refusal
        assert (refusal is None) is allows
        assert refusal is None or refusal[0] == "GRAPHQL_VALIDATION_FAILED"


def test_every_type_with_an_id_to_fetch_it_by_is_an_entity() -> None:
    assert tuple(one.__name__ for one in ENTITY_TYPES) == NODE_TYPES


def _sdl() -> str:
    result = subgraph().execute_sync("{ _service { sdl } }")
    assert result.data is not None
    sdl: str = result.data["_service"]["sdl"]
    return sdl


@pytest.mark.parametrize("size", [1, 10, 100])
def test_representations_of_a_type_are_one_statement(ask: Ask, size: int) -> None:
    keys = [ADAS_CONVERSATIONS[place % len(ADAS_CONVERSATIONS)] for place in range(size)]
    answer = ask([representation("Conversation", key) for key in keys])
    assert list(answer.statements) == ["conversations.by_id"]
    data, errors = _plain(answer)
    assert [one["id"] for one in data["_entities"]] == [
        representation("Conversation", key)["id"] for key in keys
    ]
    assert errors == []


def test_several_types_keep_their_order_and_each_is_one_statement(ask: Ask) -> None:
    wanted = [
        one
        for key in range(1, 11)
        for one in (
            representation("Message", LONG_MESSAGES[key]),
            representation("User", ADA),
            representation("Conversation", ADAS_CONVERSATIONS[key]),
            representation("EnterpriseAccount", ADAS_COMPANY),
        )
    ]
    answer = ask(wanted)
    data, errors = _plain(answer)
    assert [(one["__typename"], one["id"]) for one in data["_entities"]] == [
        (one["__typename"], one["id"]) for one in wanted
    ]
    assert errors == []
    assert sorted(answer.statements) == [
        "conversations.by_id",
        "enterprise.accounts_by_administrator",
        "messages.by_id",
        "users.by_id",
    ]


@pytest.mark.parametrize("type_name", NODE_TYPES)
def test_a_strangers_is_like_a_missing_one(ask: Ask, type_name: str) -> None:
    own = representation("Conversation", ADAS_CONVERSATIONS[0])
    missing = representation(type_name, NOWHERE)
    data, errors = _plain(ask([representation(type_name, GRACES[type_name]), own, missing]))
    assert (data["_entities"][0], data["_entities"][2], errors) == (None, None, [])
    assert data["_entities"][1]["id"] == own["id"]


def test_an_id_of_another_type_is_nothing(ask: Ask) -> None:
    id_ = representation("Message", 1)["id"]
    data, errors = _plain(ask([{"__typename": "Conversation", "id": id_}]))
    assert (data, errors) == ({"_entities": [None]}, [])


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        [],
        "",
        7,
        {"id": representation("Message", 1)["id"]},
        {"__typename": "Message"},
        {"__typename": "Message", "id": None},
        {"__typename": "Message", "id": 1},
        {"__typename": "Message", "id": "\0"},
        {"__typename": "Query", "id": "1"},
        {"__typename": ["Message"], "id": "1"},
        {"__typename": "__Schema", "id": "1"},
    ],
)
def test_what_represents_nothing_fails_alone(ask: Ask, wrong: object) -> None:
    own = representation("Conversation", GRACES_CONVERSATION - 90)
    data, errors = _plain(ask([wrong, own | {"others": [{"deep": 1}]}]))
    assert data["_entities"][0] is None
    assert data["_entities"][1]["id"] == own["id"]
    assert [path for path, _ in errors] == [["_entities", 0]]


def test_none_at_all(ask: Ask) -> None:
    answer = ask([])
    assert (_plain(answer), list(answer.statements)) == (({"_entities": []}, []), [])
