"""The JSON Schema of answers: what is answered keeps to it, and what is not does not."""

import asyncio
from random import Random
from typing import Any

import orjson
import pytest
from graphql import (
    FragmentDefinitionNode,
    OperationDefinitionNode,
    build_schema,
    parse,
    print_schema,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gql.build import core_schema
from gql.documents.registry.answer_schema import answer_schema
from gql.documents.registry.variables_schema import JsonSchema
from gql.documents.trusted_documents import trusted_documents
from tests.gql.equivalence.generated.documents import Writer, variables
from tests.gql.equivalence.generated.running import Both
from tests.gql.equivalence.generated.schemas import schema as make_schema
from tests.gql.equivalence.generated.values import Data

SMALL = build_schema("""
  interface Named { name: String! }
  type Person implements Named { name: String! age: Int }
  type Place implements Named { name: String! at: [[Float!]]! kind: Kind! }
  enum Kind { TOWN }
  union Thing = Person | Place
  type Query { named: [Named!]! thing: Thing person: Person! }
""")
STRING: JsonSchema = {"type": "string"}


def schema_of(text: str, schema: Any = SMALL) -> JsonSchema:
    """The schema of the only operation of a document."""
    definitions = parse(text).definitions
    (operation,) = [one for one in definitions if isinstance(one, OperationDefinitionNode)]
    fragments = {
        one.name.value: one for one in definitions if isinstance(one, FragmentDefinitionNode)
    }
    return answer_schema(schema, operation, fragments)


# Any: data is JSON.
@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ("{ person { name age } }", {"person": {"name": "Ada", "age": None}}, {"person": None}),
        ("{ person { name } }", {"person": {"name": "Ada"}}, {"person": {}}),
        ("{ person { name } }", None, []),
        ("{ it: person { n: name } }", {"it": {"n": "Ada"}}, {"person": {"n": "Ada"}}),
        ("{ person { name @skip(if: true) } }", {"person": {}}, {"person": {"name": 1}}),
        (
            "{ person { ...P ... @include(if: false) { age } } } fragment P on Person { name }",
            {"person": {"name": "Ada"}},
            {"person": {"age": 1}},
        ),
        (
            "{ named { name ... on Place { at kind } } }",
            {"named": [{"name": "Ada"}, {"name": "Rome", "at": [[1.5], None], "kind": "NEW"}]},
            {"named": [{"name": "Rome", "at": [[None]]}]},
        ),
        ("{ named { ... on Named { name } } }", {"named": []}, {"named": [{}]}),
        (
            "{ thing { __typename ... on Person { a: age } ... on Place { a: kind } } }",
            {"thing": {"__typename": "Person", "a": 1}},
            {"thing": {"a": 1}},
        ),
        ("{ thing { ... on Named { name } } }", {"thing": None}, {"thing": {"name": None}}),
        (
            "{ person { name } person { age } }",
            {"person": {"name": "Ada", "age": 1}},
            {"person": {"name": "Ada"}},
        ),
    ],
)
def test_what_is_answered(text: str, good: Any, bad: Any) -> None:
    validator = Draft202012Validator(schema_of(text))
    assert validator.is_valid({"data": good})
    assert validator.is_valid({"data": good, "errors": [{"message": "Sorry"}]})
    assert not validator.is_valid({"data": bad})


def test_what_is_not_data_keeps_to_it_as_well() -> None:
    assert Draft202012Validator(schema_of("{ person { name } }")).is_valid({"dryRun": True})


@settings(suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**40))
def test_whatever_is_answered_keeps_to_it(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - cases, no secrets
    schema = make_schema(random)
    text = Writer(schema, random).document("query")
    query = schema.query_type
    assert query is not None
    validator = Draft202012Validator(schema_of(text, schema))
    both = Both(schema, parse(text))
    for faults in (0.0, 0.1):
        root = Data(schema, random, faults).root(query)
        ran = asyncio.run(both.stock(root, variables(random)))
        assert list(validator.iter_errors({"data": ran.data})) == [], (
            f"{text}\n{print_schema(schema)}"
        )


def test_ours_have_schemas_of_a_size_that_can_be_read() -> None:
    for name, one in trusted_documents().items():
        schema = schema_of(one.text, core_schema())
        Draft202012Validator.check_schema(schema)
        assert (name, len(orjson.dumps(schema)) < 5_000) == (name, True)
