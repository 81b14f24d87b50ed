"""The cost of one field of a document, from its declared weight and its arguments."""

from collections.abc import Sequence
from dataclasses import dataclass

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)

from gql.values.cost_weights import DEFAULT_LIST_SIZE, Weight, assumed_list_size, weight_of
from gql.values.list_sizes import DEFAULT_PAGE_SIZE, ONE, ListSize

_SIZES = ("first", "last")
_WRAPPING = frozenset({"edges", "node", "pageInfo"})


@dataclass(frozen=True, slots=True)
class FieldCost:
    """What a field costs: once for itself, and again for each object or row of its page."""

    own_cost: int
    item_cost: int
    size: ListSize
    is_connection: bool
    is_list: bool


def field_cost(
    parent: GraphQLObjectType, definition: GraphQLField, node: FieldNode, page: ListSize = ONE
) -> FieldCost:
    """The cost of the field at `node`; `page` is the size of the page whose edges it may be."""
    weight, type_ = weight_of(definition.extensions), get_named_type(definition.type)
    is_list = is_list_type(get_nullable_type(definition.type))
    is_connection = type_.name.endswith("Connection")
    # A connection's rows are charged with the connection.
    is_wrapping = parent.name.endswith(("Connection", "Edge")) and node.name.value in _WRAPPING
    item_cost = 0 if is_wrapping or not is_composite_type(type_) else weight.item_cost
    size = ONE
    if is_connection:
        size = ListSize(_argument_values(node, _SIZES), DEFAULT_PAGE_SIZE)
    elif is_list:
        size = _size_of_list(node, weight, page, assumed_list_size(type_.name, weight))
    return FieldCost(weight.own_cost, item_cost, size, is_connection, is_list)


def _size_of_list(node: FieldNode, weight: Weight, page: ListSize, most: int) -> ListSize:
    if node.name.value == "edges":
        return page
    return ListSize(
        _argument_values(node, (weight.slicing_argument,)) if weight.slicing_argument else (), most
    )


def _argument_values(node: FieldNode, names: Sequence[str]) -> tuple[tuple[str, int | str], ...]:
    """The values of the arguments `names`: numbers, or names of variables."""
    values = {argument.name.value: argument.value for argument in node.arguments or ()}
    found: list[tuple[str, int | str]] = []
    for name in names:
        value = values.get(name)
        if isinstance(value, VariableNode):
            found.append((name, value.name.value))
        elif isinstance(value, IntValueNode):
            found.append((name, int(value.value)))
        elif isinstance(value, ListValueNode):
            found.append((name, len(value.values)))
        elif value is not None and not isinstance(value, NullValueNode):
            found.append((name, DEFAULT_LIST_SIZE))
    return tuple(found)
