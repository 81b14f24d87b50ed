"""Every argument and every member of an input, with values that mean harm: refused, never a 500."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

from gql.build import core_schema
from gql.values.ids import global_id
from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.server import Api, issue_key, serving, settings_for, token_of
from tests.fixtures.stores.postgres import new_database
from tests.fixtures.stores.world import ADA, GRACES_COMPANY

SCHEMA = core_schema()
MAX_DEPTH = 4


def encoded(text: str) -> str:
    """What looks like an id or a cursor."""
    return urlsafe_b64encode(text.encode()).decode()


TEXTS = [
    "",
    " ",
    "\0",
    "a\0b",
    "\u202e",
    "\u2028",
    "\ufffe\uffff",
    "٣",
    "9" * 5_000,
    "x" * 20_000,
    "-1",
    "NaN",
    "A" * 32,
    "_" * 32,
    encoded("User:0"),
    encoded("User:-1"),
    encoded(f"Conversation:{2**63}"),
    encoded("Conversation:" + "9" * 4_400),
    encoded("Conversation:1\0"),
    encoded("\0:1"),
    str(global_id("Conversation", 2**63 - 1)),
    str(global_id("Message", 1)),
    str(global_id("PrivacyRequest", 5)),
    str(global_id("Nothing", 1)),
]
# Any: values of any type.
HARM: dict[str, list[Any]] = {
    "ID": [*TEXTS, 0, -1, 2**31, 2**63, True, 1.5],
    "String": [*TEXTS, 5, False],
    "Int": [-(2**31), -1, 0, 1, 101, 2**31 - 1, 2**31, 1e30, "1", True],
    "Date": ["0001-01-01", "9999-12-31", "2026-02-30", "0000-01-01", "2026-2-1", *TEXTS, 5],
    "DateTime": ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", *TEXTS, 5],
    "Boolean": [None, "true", 1],
}
GOOD: dict[str, Any] = {
    "ID": str(global_id("Conversation", 1)),
    "String": "a text",
    "Int": 1,
    "Boolean": True,
    "Date": "2026-02-20",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A document with one variable, what it is of, and the values that are tried."""

    place: str
    document: str
    values: tuple[Any, ...]


# Any: JSON.
def good(of: Any) -> Any:
    """A value of an input type that nothing is wrong with."""
    nullable = get_nullable_type(of)
    if isinstance(nullable, GraphQLList):
        return [good(nullable.of_type)]
    if isinstance(nullable, GraphQLInputObjectType):
        return {
            name: good(one.type)
            for name, one in nullable.fields.items()
            if is_required_input_field(one)
        }
    if isinstance(nullable, GraphQLEnumType):
        return next(iter(nullable.values))
    return GOOD[nullable.name]


def bad(of: Any) -> Iterator[Any]:
    """Values that a type's argument is tried with, each in the place of a good one."""
    nullable = get_nullable_type(of)
    if isinstance(nullable, GraphQLList):
        yield from ([one] for one in bad(nullable.of_type))
        yield [good(nullable.of_type)] * 300
    elif isinstance(nullable, GraphQLInputObjectType):
        for name, one in nullable.fields.items():
            yield from (good(of) | {name: value} for value in bad(one.type))
    elif isinstance(nullable, GraphQLEnumType):
        yield from ("", "\0", 1, "NOTHING")
    else:
        yield from HARM[nullable.name]


def documents(root: GraphQLObjectType, kind: str) -> Iterator[Asked]:
    """One for each argument of each field that is reached without another argument."""
    yield from _below(root, kind, (), "")


def _below(parent: Any, kind: str, path: tuple[str, ...], indent: str) -> Iterator[Asked]:
    for name, field in parent.fields.items():
        for argument_name, argument in field.args.items():
            others = {
                other: good(one.type)
                for other, one in field.args.items()
                if other != argument_name and is_required_argument(one)
            }
            yield _asked(kind, path, name, argument_name, argument, field, others)
        below = get_named_type(field.type)
        if (
            len(path) < MAX_DEPTH
            and isinstance(below, GraphQLObjectType)
            and below.name not in path
            and not any(map(is_required_argument, field.args.values()))
            and kind == "query"
        ):
            yield from _below(below, kind, (*path, name), indent)


def _asked(
    kind: str,
    path: tuple[str, ...],
    name: str,
    argument_name: str,
    argument: GraphQLArgument | GraphQLInputField,
    field: Any,
    others: dict[str, Any],
) -> Asked:
    said = "".join(f', {other}: "{value}"' for other, value in others.items())
    inside = "" if is_leaf_type(get_named_type(field.type)) else _selection(field.type)
    call = f"{name}({argument_name}: $v{said}) {inside}"
    for one in reversed(path):
        call = f"{one} {{ {call} }}"
    document = f"{kind} ($v: {argument.type}) {{ {call} }}"
    return Asked("/".join((*path, name, argument_name)), document, tuple(bad(argument.type)))


def _selection(of: Any) -> str:
    named = get_named_type(of)
    if (
        isinstance(named, GraphQLUnionType | GraphQLInterfaceType)
        or "userErrors" not in named.fields
    ):
        return "{ __typename }"
    return "{ userErrors { code field } }"


ASKED = [
    *documents(SCHEMA.query_type, "query"),  # type: ignore[arg-type]  # it has one
    *documents(SCHEMA.mutation_type, "mutation"),  # type: ignore[arg-type]  # it has one
    *documents(SCHEMA.subscription_type, "subscription"),  # type: ignore[arg-type]  # it has one
]


@pytest.fixture(scope="module")
def callers(
    postgres: str,
    world_template: str,
    tmp_path_factory: pytest.TempPathFactory,
    stand_in_process: StandInControl,
) -> Iterator[tuple[Api, list[dict[str, str]]]]:
    """A server of the module's own, which it may change; an operator, and a company's client."""
    with new_database(postgres, world_template) as url:
        settings = settings_for(
            url,
            tmp_path_factory.mktemp("data"),
            serve_runs_worker=False,
            chat_llm_base_url=stand_in_process.url,
            graphql_person_budget=10**9,
            graphql_key_budget=10**9,
        )
        key = issue_key(url, GRACES_COMPANY)
        with serving(settings) as api:
            person = {"authorization": f"Bearer {token_of(ADA, 'ops')}"}
            yield api, [person, {"x-api-key": key}]


@pytest.mark.parametrize("requested", ASKED, ids=[one.place for one in ASKED])
def test_a_value_that_means_harm(
    callers: tuple[Api, list[dict[str, str]]], requested: Asked
) -> None:
    api, credentials = callers
    caller = credentials["generateGuidance" in requested.place]
    for value in requested.values:
        body = {"query": requested.document, "variables": {"v": value}}
        accept = {"accept": "application/json, text/event-stream;q=0.5"}
        answer = api.http.post("/graphql", json=body, headers=caller | accept)
        assert answer.status_code in {200, 400}, (value, answer.text)
        for code in ("INTERNAL_SERVER_ERROR", "GRAPHQL_VALIDATION_FAILED", "THROTTLED"):
            assert code not in answer.text, (value, answer.text)


def test_every_kind_of_argument_is_tried() -> None:
    places = {one.place for one in ASKED}
    assert {"node/id", "viewer/conversations/after", "sendMessage/input"} <= places
    assert {"enterpriseAccount/dailyUsage/from", "ops/slowQueries/top"} <= places


HEADERS = [
    "",
    "é",
    "\u200d",
    "x" * 9_000,
    "Bearer",
    "Bearer é",
    "gk_",
    "9" * 5_000,
    "a.b.c",
    "[::1",
]


@pytest.mark.parametrize(
    "name",
    [
        "authorization",
        "x-api-key",
        "x-request-id",
        "last-event-id",
        "graphql-cost",
        "graphql-client-name",
        "apollographql-client-name",
        "accept",
        "content-type",
        "origin",
        "stripe-signature",
    ],
)
def test_a_header_that_means_harm(callers: tuple[Api, list[dict[str, str]]], name: str) -> None:
    api, _ = callers
    for value in HEADERS:
        for path in ("/graphql", "/webhooks/payments"):
            raw = [(name.encode(), value.encode()), (b"content-type", b"application/json")]
            if name == "content-type":
                del raw[1]
            answer = api.http.post(path, content=b'{"query": "{ plans { code } }"}', headers=raw)
            assert answer.status_code < 500, (path, value, answer.text)


@pytest.mark.parametrize(
    "path", ["/exports/{}", "/receipts/{}", "/receipts/{}.x", "/webhooks/{}", "/{}"]
)
@pytest.mark.parametrize(
    "part", ["9" * 5_000, "%00", "%ff", "%ed%a0%80", "٣", "-1", "1.%00", "..", "x" * 9_000]
)
def test_a_path_that_means_harm(
    callers: tuple[Api, list[dict[str, str]]], path: str, part: str
) -> None:
    api, _ = callers
    answer = api.http.get(path.format(part))
    assert 400 <= answer.status_code < 500, answer.text
