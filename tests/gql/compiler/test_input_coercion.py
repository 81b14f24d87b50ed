"""Variables and arguments are coerced as graphql-core and strawberry do it, or left to them."""

import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLError,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    parse,
)
from graphql.execution import get_argument_values
from graphql.execution.values import VariableValues, get_variable_values
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gql.build import core_schema
from gql.compiler.resolution.arguments import arguments
from gql.compiler.resolution.input_coercion import NotCoerced, VariableCoercion
from gql.compiler.resolution.strawberry_fields import UnwrappedResolver, unwrapped
from tests.fixtures.run.examples import examples
from tests.gql.equivalence.generated.inputs import (
    ANYTHING,
    JSON,
    arguments_of,
    literal,
    values,
)

CORE = core_schema()
FEW = examples(8).max_examples
"""Cases of each of our types and fields."""
CASES = settings(examples(80), suppress_health_check=[HealthCheck.filter_too_much])
WRONG = st.sampled_from([0.0, 0.1, 0.3])


# Any, in this module: arguments and variables of every type.
def with_arguments() -> Iterator[tuple[str, GraphQLField]]:
    """The fields of our schema that take something."""
    for type_ in CORE.type_map.values():
        if not isinstance(type_, GraphQLObjectType) or type_.name.startswith("__"):
            continue
        # The sources of subscriptions are had by graphql-core.
        if type_ is not CORE.subscription_type:
            for name, field in type_.fields.items():
                if field.args:
                    yield f"{type_.name}.{name}", field


FIELDS = dict(with_arguments())
TAKEN = {str(one.type): one.type for field in FIELDS.values() for one in field.args.values()}


def typed(value: Any) -> Any:
    """A value with the classes of all that is in it."""
    if isinstance(value, dict):
        return [(name, typed(one)) for name, one in value.items()]
    if isinstance(value, list):
        return [typed(one) for one in value]
    return type(value), repr(value)


def without_addresses(signature: object) -> str:
    return re.sub(" at 0x[0-9a-f]+", "", repr(signature))


def definitions(text: str) -> Any:
    (operation,) = parse(text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation.variable_definitions


def compared(schema: GraphQLSchema, declared: str, given_: dict[str, Any]) -> bool:
    """Whether the variables were coerced by ours, which then are those of graphql-core's."""
    nodes = definitions(f"query ({declared}) {{ x }}")
    try:
        ours = VariableCoercion(schema, nodes).of(given_)
    except NotCoerced:
        return False
    stock = get_variable_values(schema, nodes, given_)
    assert isinstance(stock, VariableValues), stock
    assert typed(ours.coerced) == typed(stock.coerced)
    assert list(ours.sources) == list(stock.sources)
    for name, source in stock.sources.items():
        mine = ours.sources[name]
        assert type(mine) is type(source)
        assert typed(mine.value) == typed(source.value)
        assert without_addresses(mine.signature) == without_addresses(source.signature)
    return True


def schema_with(argument: GraphQLArgument) -> GraphQLSchema:
    field = GraphQLField(GraphQLString, {"it": argument})
    return GraphQLSchema(GraphQLObjectType("Query", {"x": field}))


@pytest.mark.parametrize("name", TAKEN)
@settings(CASES, max_examples=FEW)
@given(data=st.data())
def test_what_fits_our_types_is_coerced_here(name: str, data: st.DataObject) -> None:
    type_ = TAKEN[name]
    assert compared(CORE, f"$v: {name}", {"v": data.draw(values(type_))})


@pytest.mark.parametrize("name", TAKEN)
@settings(CASES, max_examples=FEW)
@given(data=st.data())
def test_whatever_comes_for_our_types(name: str, data: st.DataObject) -> None:
    type_ = TAKEN[name]
    given_ = data.draw(
        st.fixed_dictionaries(
            {}, optional={"v": values(type_, wrong=0.3) | JSON, "w": JSON, "unknown": JSON}
        )
    )
    default = literal(data.draw(values(type_)), type_)
    compared(CORE, f"$v: {name} = {default}, $w: {name.removesuffix('!')}", given_)


@pytest.mark.heavy
@CASES
@given(data=st.data(), argument=arguments_of(), wrong=WRONG)
def test_whatever_comes_for_generated_types(
    data: st.DataObject, argument: GraphQLArgument, wrong: float
) -> None:
    type_ = argument.type
    given_ = data.draw(st.fixed_dictionaries({}, optional={"v": values(type_, wrong=wrong)}))
    has_default = data.draw(st.booleans())
    default = f" = {literal(data.draw(values(type_)), type_)}" if has_default else ""
    compared(schema_with(argument), f"$v: {type_}{default}", given_)


def test_null_for_a_scalar_that_would_take_it_is_refused() -> None:
    schema = schema_with(GraphQLArgument(GraphQLNonNull(ANYTHING)))
    assert compared(schema, "$v: Anything!", {"v": 1})
    assert not compared(schema, "$v: Anything!", {"v": None})


def test_what_is_left_to_graphql_core() -> None:
    """One value for a list, unknown fields, what is missing, and other types than are hoped for."""
    for declared, given_ in (
        ("$v: [ID!]!", {"v": "one"}),
        ("$v: [ID!]!", {}),
        ("$v: [ID!]!", {"v": None}),
        ("$v: [ID!]!", {"v": ["a", None]}),
        ("$v: Int", {"v": True}),
        ("$v: Int", {"v": 2**31}),
        ("$v: Int", {"v": 1.0}),
        ("$v: ID", {"v": 7}),
        ("$v: ConversationStatus", {"v": "active"}),
        ("$v: ConversationInput!", {"v": {"conversationId": "x", "more": 1}}),
        ("$v: ConversationInput!", {"v": {}}),
        ("$v: Date!", {"v": "2026-02-30"}),
        ("$v: Conversation", {"v": {}}),
        ("$v: Nothing", {"v": {}}),
    ):
        assert not compared(CORE, declared, given_), declared


def outcome(work: Callable[[], Any]) -> Any:
    """What came of it, the error that clients see included."""
    try:
        return sorted((name, typed(one)) for name, one in work().items())
    except GraphQLError as error:
        return error.message


def same_arguments(
    field: GraphQLField, given_: str, how: UnwrappedResolver | None, variables: VariableValues
) -> None:
    """Compare the arguments that a resolver gets with those that it would get."""
    (operation,) = parse(f"{{ x{given_} }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    (node,) = operation.selection_set.selections
    found = arguments(field, node, how)  # type: ignore[arg-type]  # it is a field
    assert found is not None
    running: Any = SimpleNamespace(variable_values=variables)

    def stock() -> Any:
        coerced = get_argument_values(field, node, variables)  # type: ignore[arg-type]  # as above
        return how.converted(coerced) if how else coerced

    expected = outcome(stock)
    for _ in range(2):
        assert outcome(lambda: found.coerce(running)) == expected


@st.composite
def given_arguments(
    draw: st.DrawFn, schema: GraphQLSchema, field: GraphQLField, wrong: float
) -> tuple[str, VariableValues]:
    """The arguments as a document has them, and values for its variables."""
    passed, declared, told_ = [], [], {}
    for name, argument in field.args.items():
        how = draw(st.sampled_from(["absent", "literal", "variable", "left out"]))
        if how == "literal":
            passed.append(
                f"{name}: {literal(draw(values(argument.type, wrong=wrong)), argument.type)}"
            )
        elif how != "absent":
            is_strict = draw(st.booleans())
            type_ = str(argument.type) if is_strict else str(argument.type).removesuffix("!")
            passed.append(f"{name}: ${name}")
            declared.append(f"${name}: {type_}")
            if how == "variable":
                told_[name] = draw(values(argument.type, wrong=wrong))
    variables = VariableValues({}, {})
    if declared:
        coerced = get_variable_values(
            schema, definitions(f"query ({', '.join(declared)}) {{ x }}"), told_
        )
        assume(isinstance(coerced, VariableValues))
        assert isinstance(coerced, VariableValues)
        variables = coerced
    return f"({', '.join(passed)})" if passed else "", variables


@pytest.mark.parametrize("name", FIELDS)
@settings(CASES, max_examples=FEW)
@given(data=st.data(), wrong=WRONG)
def test_arguments_of_our_resolvers(name: str, data: st.DataObject, wrong: float) -> None:
    field = FIELDS[name]
    passed, variables = data.draw(given_arguments(CORE, field, wrong))
    how = unwrapped(CORE, field)
    assert how is not None
    same_arguments(field, passed, how, variables)


@pytest.mark.heavy
@CASES
@given(data=st.data(), some=st.lists(arguments_of(), min_size=1, max_size=3), wrong=WRONG)
def test_arguments_of_generated_types(
    data: st.DataObject, some: list[GraphQLArgument], wrong: float
) -> None:
    names = [argument.out_name for argument in some if argument.out_name]
    assume(len(set(names)) == len(names))
    field = GraphQLField(GraphQLString, {f"a{number}": one for number, one in enumerate(some)})
    schema = GraphQLSchema(GraphQLObjectType("Query", {"x": field}))
    passed, variables = data.draw(given_arguments(schema, field, wrong))
    same_arguments(field, passed, None, variables)
