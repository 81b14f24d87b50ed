"""Whatever mutation is given another's id finds nothing, and changes nothing."""

from secrets import token_hex
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    get_named_type,
    is_required_input_field,
)

from gql.values.ids import global_id
from tests.fixtures.servers.server import Api
from tests.fixtures.stores.postgres import everything
from tests.fixtures.stores.world import ADA, ALAN
from tests.gql.schema.strangers import GRACES, NODE_TYPES, NOWHERE, SCHEMA


def _inputs() -> dict[str, GraphQLInputObjectType]:
    assert SCHEMA.mutation_type is not None
    inputs = {}
    for name, field in SCHEMA.mutation_type.fields.items():
        input_type = get_named_type(field.args["input"].type)
        assert isinstance(input_type, GraphQLInputObjectType)
        inputs[name] = input_type
    return inputs


INPUTS = _inputs()
TAKING_IDS = [
    (mutation, member)
    for mutation, input_type in INPUTS.items()
    for member, field in input_type.fields.items()
    if get_named_type(field.type).name == "ID"
]


def _type_of(member: str) -> str:
    """The type of the object of which `member` is an id: `credentialId` of an `ApiCredential`."""
    word = member.removesuffix("Id").removeprefix("parent").lower()
    (found,) = (name for name in NODE_TYPES if name.lower().endswith(word))
    return found


# Any: a value of JSON.
def _value(field: GraphQLInputField) -> Any:
    """Something that a required member may be."""
    named = get_named_type(field.type)
    if isinstance(named, GraphQLEnumType):
        return next(iter(named.values))
    return {"String": token_hex(16), "Int": 1, "Boolean": True}[named.name]


def _input(mutation: str, member: str, id_: str) -> dict[str, Any]:
    required = {
        name: _value(field)
        for name, field in INPUTS[mutation].fields.items()
        if name != member and is_required_input_field(field)
    }
    return {**required, member: id_}


def test_there_are_such_mutations() -> None:
    assert {member for _, member in TAKING_IDS} >= {"conversationId", "messageId", "credentialId"}


@pytest.mark.parametrize("viewer", [ADA, ALAN])
@pytest.mark.parametrize(("mutation", "member"), TAKING_IDS)
async def test_a_strangers_id_is_none_and_nothing_has_changed(
    api: Api, world: str, mutation: str, member: str, viewer: int
) -> None:
    type_name = _type_of(member)
    document = f"""mutation ($input: {INPUTS[mutation].name}!) {{
      {mutation}(input: $input) {{ userErrors {{ code field message }} }} }}"""
    before = await everything(world)
    foreign, missing = (
        api.data(
            document,
            {"input": _input(mutation, member, global_id(type_name, key))},
            viewer=viewer,
        )
        for key in (GRACES[type_name], NOWHERE)
    )
    assert foreign == missing
    (error,) = foreign[mutation]["userErrors"]
    assert error["code"] == "NOT_FOUND"
    assert await everything(world) == before
