"""The code that completes a leaf in the variable that holds it."""

from graphql import GraphQLLeafType, GraphQLNonNull, GraphQLOutputType, is_leaf_type

from gql.execution.code import Function
from gql.execution.emission import Emission
from gql.execution.leaves import leaf


def complete_leaf(
    emission: Emission, out: Function, type_: GraphQLLeafType, value: str, *, nullable: bool
) -> None:
    """Complete the leaf in `value`."""
    how = leaf(type_, emission.code.bind)
    conditions = [f"{value} is not None"] if nullable else []
    conditions += [how.inexact.format(value)] if how.inexact else []
    condition = f"if {' and '.join(conditions)}: " if conditions else ""
    out.line(f"{condition}{value} = {how.completed.format(value)}")


def may_be_awaited(value: str) -> str:
    """The question whether a value is to be awaited, which a look at its class answers."""
    return f"type({value}) not in ordinary and is_to_be_awaited({value})"


def complete_at_once(
    emission: Emission, out: Function, type_: GraphQLOutputType, value: str, awaited: str
) -> bool:
    """Complete a resolver's leaf on the spot, where one look tells most of them.

    What has to be awaited is moved to `awaited`. Says whether the type is such a leaf.
    """
    required = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if not is_leaf_type(required):
        return False
    how = leaf(required, emission.code.bind)
    if not how.inexact:
        return False
    nullable = "" if required is not type_ else f"{value} is not None and "
    with out.indented(f"if {nullable}{how.inexact.format(value)}:"):
        out.line(f"if {may_be_awaited(value)}: {awaited}, {value} = {value}, None")
        out.line(f"else: {value} = {how.completed.format(value)}")
    return True
