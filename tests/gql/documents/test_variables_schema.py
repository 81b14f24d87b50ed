"""The JSON Schema of variables: what it accepts is coerced, and what it refuses is not."""

from typing import Any

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    Undefined,
    parse,
)
from graphql.execution.values import VariableValues, get_variable_values
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gql.build import core_schema
from gql.documents.registry.variables_schema import variables_schema
from gql.documents.trusted_documents import trusted_documents
from tests.fixtures.run.examples import examples
from tests.gql.equivalence.generated.inputs import input_types, values

CORE = core_schema()
_SCALARS_THAT_CHECK_MORE = ("Day", "Date", "DateTime")


def operation(text: str) -> OperationDefinitionNode:
    """The operation of a document, whose fragments do not matter here."""
    (found,) = [one for one in parse(text).definitions if isinstance(one, OperationDefinitionNode)]
    return found


# Any: types of every kind, and JSON.
@settings(examples(150), suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_it_accepts_is_coerced(data: st.DataObject) -> None:
    type_: Any = data.draw(input_types())
    field = GraphQLField(GraphQLString, {"it": GraphQLArgument(type_)})
    schema = GraphQLSchema(GraphQLObjectType("Query", {"x": field}))
    asked = operation(f"query ($it: {type_}) {{ x(it: $it) }}")
    validator = Draft202012Validator(variables_schema(schema, asked))
    given_ = {"it": data.draw(values(type_, wrong=data.draw(st.sampled_from([0.0, 0.2]))))}
    coerced = get_variable_values(schema, asked.variable_definitions or (), given_)
    if validator.is_valid(given_):
        assert isinstance(coerced, VariableValues) or _is_a_scalars_business(coerced), coerced
    elif isinstance(coerced, VariableValues):
        # GraphQL takes one item for a list of it, and numbers for ids: nobody need use that.
        assert "[" in str(type_) or "ID" in str(_leaves(schema)), (given_, coerced)


def _is_a_scalars_business(errors: list[Any]) -> bool:
    return any(name in str(error) for error in errors for name in _SCALARS_THAT_CHECK_MORE)


def _leaves(schema: GraphQLSchema) -> list[str]:
    return list(schema.type_map)


@pytest.mark.parametrize("name", list(trusted_documents()))
def test_of_our_own_documents_it_is_valid(name: str) -> None:
    asked = operation(trusted_documents()[name].text)
    made = variables_schema(CORE, asked)
    Draft202012Validator.check_schema(made)
    assert set(made["properties"]) == {
        one.variable.name.value for one in asked.variable_definitions or ()
    }


def test_what_it_says_of_each() -> None:
    text = """query Q($day: Date!, $at: DateTime, $ids: [ID!]! = ["a"], $delivery: ReplyDelivery,
      "How many." $first: Int! = 3) { plans { code } }"""
    made = variables_schema(CORE, operation(text))
    day, at = made["properties"]["day"], made["properties"]["at"]
    assert (day["type"], day["format"]) == ("string", "date")
    assert (at["type"], at["format"]) == (["string", "null"], "date-time")
    assert made["properties"]["ids"] == {
        "type": "array",
        "items": {"type": "string"},
        "default": ["a"],
    }
    assert made["properties"]["delivery"] == {
        "anyOf": [{"$ref": "#/$defs/ReplyDelivery"}, {"type": "null"}]
    }
    assert made["$defs"]["ReplyDelivery"]["enum"] == ["WAIT", "STREAM"]
    assert "WAIT: Answer when" in made["$defs"]["ReplyDelivery"]["description"]
    first = made["properties"]["first"]
    assert (first["description"], first["default"]) == ("How many.", 3)
    assert made["required"] == ["day"]


def test_members_that_are_left_out_have_their_defaults() -> None:
    made = variables_schema(
        CORE, operation("mutation M($input: SendMessageInput!) { sendMessage(input: $input) }")
    )
    members = made["$defs"]["SendMessageInput"]
    assert members["properties"]["delivery"]["default"] == "WAIT"
    assert set(members["required"]) == {"content", "idempotencyKey"}
    assert Undefined not in members["properties"]["delivery"].values()
