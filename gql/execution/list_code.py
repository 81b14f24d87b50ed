"""The code that completes a list: a loop over its items, or over the rows of its objects."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from graphql import GraphQLList, GraphQLObjectType
from graphql.execution.collect_fields import FieldDetailsList

from gql.execution.code import Function, TooMuchCode
from gql.execution.emission import Emission, Place
from gql.execution.sources import RowSource, rows_of
from gql.rows import Shape

if TYPE_CHECKING:
    from gql.execution.completing import Completing

_MOST_LOOPS = 10


# Any, in this module: lists and shapes are of every type.
def complete_list(
    completing: "Completing",
    out: Function,
    type_: GraphQLList[Any],
    details: FieldDetailsList,
    value: str,
    place: Place,
) -> None:
    """Complete the list in the variable `value`."""
    of_rows = rows_of(type_)
    if of_rows is not None:
        _complete_rows(completing, out, of_rows, details, value, place)
        return
    out.line(f"if type({value}) is not list and type({value}) is not tuple: raise Unexpected")
    with _loop(completing.emission, out, value, value, place) as (item, inner):
        completing.value(out, type_.of_type, details, item, inner)


def _complete_rows(
    completing: "Completing",
    out: Function,
    of_rows: tuple[GraphQLObjectType, Shape[Any]],
    details: FieldDetailsList,
    value: str,
    place: Place,
) -> None:
    bind = completing.emission.code.bind
    name = bind(of_rows[1])
    out.line(f"if type({value}) is not Rows or {value}.shape is not {name}: raise Unexpected")
    if place.form is None or len(place.steps) != 1:
        _build(completing, out, of_rows, details, value, place)
        return
    # The list of the page that was asked for, whose rows may have come in the form.
    with out.indented(f"if {value}.written is not None:"):
        out.line(f"if {value}.written.form is not {bind(place.form)}: raise Unexpected")
        out.line(f"{value} = fragments({value}.written)")
    with out.indented("else:"):
        _build(completing, out, of_rows, details, value, place)


def _build(
    completing: "Completing",
    out: Function,
    of_rows: tuple[GraphQLObjectType, Shape[Any]],
    details: FieldDetailsList,
    value: str,
    place: Place,
) -> None:
    """Build the objects of what is in the rows."""
    rows, scope, (type_, shape) = out.name(), out.name(), of_rows
    out.line(f"{rows}, {scope} = {value}.rows, {value}.scope")
    with _loop(completing.emission, out, value, rows, place) as (row, inner):
        source = RowSource(completing.emission.code, shape, row, scope)
        completing.members(out, type_, details, row, inner, source)


@contextmanager
def _loop(
    emission: Emission, out: Function, value: str, items: str, place: Place
) -> Iterator[tuple[str, Place]]:
    """Complete each of `items` in its variable and place, and put them into `value`."""
    out.loops += 1
    if out.loops > _MOST_LOOPS:
        raise TooMuchCode
    completed, item, index = out.name(), out.name(), out.name()
    out.line(f"{completed} = []")
    header, calls = out.reserve(), len(emission.sites.all)
    with out.indented():
        yield item, place.item(index)
        out.line(f"{completed}.append({item})")
    if len(emission.sites.all) > calls:
        out.fill(header, f"for {index}, {item} in enumerate({items}):")
    else:
        out.fill(header, f"for {item} in {items}:")
    out.line(f"{value} = {completed}")
    out.loops -= 1
