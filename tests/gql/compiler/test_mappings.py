"""Resolvers give sources; the answer is the one that their objects would have, byte for byte."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from inspect import isawaitable
from typing import Any, NamedTuple

import pytest
from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLObjectType, parse
from graphql.execution import Executor, default_field_resolver, default_type_resolver
from graphql.execution.types import ExperimentalIncrementalExecutionResults
from orjson import dumps, loads

from gql.compiler.plan_cache import OperationPlans
from gql.compiler.resolution.strawberry_fields import mapping_for
from gql.runtime.executor import CompiledExecutor, IncrementalSourceExecutor, SourceExecutor
from gql.runtime.plan_execution import EncodedResult, PlanExecution
from gql.values.cursors import encode_cursor
from gql.values.ids import global_id
from tests.gql.compiler.mapped_schema import CORE, LEAF, SEEN, Colour, Leaf, Query, Row, Rows

AWKWARD = "\"\\/\b\f\n\r\t\x00\x1f\x7f\u2028\u2029\ufeff\U0001f600é{}{{v1}}%s%d'"


def row(key: int, **columns: object) -> Row:
    given: Row = {
        "id": key,
        "parent_id": 5,
        "name": f"leaf {key}",
        "colour": "red",
        "shade": None,
        "grown_at": '"2026-02-20T09:30:00"',
        "fallen_at": None,
        "width": None,
        "unit": None,
    }
    return {**given, **columns}


ROWS = [
    row(1, width=3, unit="cm", shade="blue"),
    row(
        2, name=AWKWARD, colour="blue", fallen_at='"2026-02-20T09:30:00.25"', width=0, unit=AWKWARD
    ),
    row(2**63 - 1, name="", grown_at='"0001-01-01T00:00:00.000001"'),
    row(4, grown_at='"9999-12-31T23:59:59.999999"', fallen_at='"2026-02-20T09:30:00.1"'),
]
LEAVES = """{ __typename id key: id name colour shade grownAt fallenAt length
  size { width unit __typename } twice: size { unit } }"""
PAGE = f"{{ edges {{ cursor again: cursor node {LEAVES} }} info {{ first last hasMore }} total }}"
EVERYTHING = f"{{ now {PAGE} }}"


def built(kind: type[Executor[Any]], document: DocumentNode, rows: list[Row]) -> Executor[Any]:
    executor = kind.build(
        CORE,
        document,
        Query(rows=rows),
        field_resolver=default_field_resolver,
        type_resolver=default_type_resolver,
    )
    assert not isinstance(executor, list), executor
    return executor


async def stock(document: str, rows: list[Row]) -> ExecutionResult:
    """What graphql-core's executor answers."""
    result: Any = built(SourceExecutor, parse(document), rows).execute_operation()
    return await result if isawaitable(result) else result  # type: ignore[no-any-return]  # a result


async def ours(document: str, rows: list[Row]) -> ExecutionResult:
    """What compiled code answers, as it leaves it."""
    executor = built(CompiledExecutor, parse(document), rows)
    assert isinstance(executor, CompiledExecutor)
    plans = OperationPlans(CORE, executor.operation, executor.fragments, is_long_lived=True)
    plan = plans.plan(executor.variable_values)
    assert plan is not None
    root, values = executor.root_value, executor.variable_values
    result: Any = PlanExecution(root, None, values, lambda: executor).run(plan)
    return await result if isawaitable(result) else result  # type: ignore[no-any-return]  # a result


def same(document: str, rows: list[Row]) -> Any:
    """The data of the one answer, which compiled code gives without stepping back."""
    SEEN.clear()
    expected, given = (asyncio.run(run(document, rows)) for run in (stock, ours))
    assert expected.errors is None
    assert isinstance(given, EncodedResult)
    assert given.text == dumps(expected.data)
    return loads(given.text)


def same_failure(document: str, rows: list[Row]) -> tuple[Any, list[GraphQLError]]:
    """The data and errors of the one answer, which graphql-core gives."""
    expected, given = (asyncio.run(run(document, rows)) for run in (stock, ours))
    assert not isinstance(given, EncodedResult)
    assert dumps(given.data) == dumps(expected.data)
    assert given.errors is not None
    assert expected.errors is not None
    errors = [[error.formatted for error in one] for one in (expected.errors, given.errors)]
    assert errors[0] == errors[1]
    return given.data, given.errors


def test_every_kind_of_attribute() -> None:
    first = same(EVERYTHING, ROWS)["now"]
    cursor = encode_cursor("leaves:5", datetime(2026, 2, 20, 9, 30, tzinfo=UTC), 1)
    assert first["edges"][0] == {
        "cursor": cursor,
        "again": cursor,
        "node": {
            "__typename": "Leaf",
            "id": global_id("Leaf", 1),
            "key": global_id("Leaf", 1),
            "name": "the leaf 1",
            "colour": "RED",
            "shade": "BLUE",
            "grownAt": "2026-02-20T09:30:00Z",
            "fallenAt": None,
            "length": 6,
            "size": {"width": 3, "unit": "cm", "__typename": "Size"},
            "twice": {"unit": "cm"},
        },
    }
    second = first["edges"][1]["node"]
    assert (second["name"], second["fallenAt"]) == (f"the {AWKWARD}", "2026-02-20T09:30:00.250000Z")
    assert first["edges"][2]["node"]["size"] is None
    assert first["info"]["first"] == cursor
    assert first["total"] == 4


@pytest.mark.parametrize("rows", [[], ROWS[:1], ROWS, ROWS * 40])
@pytest.mark.parametrize("field", ["now", "soon", "ready"])
def test_however_many_there_are_and_whenever_they_come(field: str, rows: list[Row]) -> None:
    answer = same(f"{{ {field} {PAGE} more: {field} {{ counted }} }}", rows)
    assert len(answer[field]["edges"]) == answer["more"]["counted"] == len(rows)


@pytest.mark.parametrize("field", ["leaves", "maybe", "named { ... on Leaf", "first", "either {"])
@pytest.mark.parametrize("rows", [[], ROWS])
def test_lists_and_single_sources(field: str, rows: list[Row]) -> None:
    if "{" not in field:
        same(f"{{ {field} {LEAVES} }}", rows)
    elif field.startswith("named"):
        same(f"{{ {field} {LEAVES} id __typename ... on Root {{ depth }} }} }}", rows)
    else:
        same(f"{{ {field} __typename ...on Leaf {LEAVES} ...on Root {{ id depth }} }} }}", rows)


def test_items_of_tuples() -> None:
    days = same("{ days { day count __typename } }", [])["days"]
    assert days[0] == {"day": "monday", "count": 1, "__typename": "Day"}


def test_objects_are_made_where_a_resolver_wants_one_and_only_there() -> None:
    same("{ leaves { name } }", ROWS)
    assert SEEN == []
    answer = same("{ leaves { shout again: shout } named { ... on Leaf { shout } } }", ROWS[:2])
    assert answer["leaves"][0] == {"shout": "THE LEAF 11!", "again": "THE LEAF 11!"}
    assert {type(one) for one in SEEN} == {LEAF.view_class}
    ours_alone = SEEN[len(SEEN) // 2 :]
    assert len(ours_alone) == 6
    assert ours_alone[2] is ours_alone[3], "one of each row"


def test_a_view_that_a_resolver_gives_is_taken_for_its_source() -> None:
    assert same("{ leaves { twin { name twin { length } } } }", ROWS)["leaves"][3] == {
        "twin": {"name": "the leaf 4", "twin": {"length": 6}}
    }


@pytest.mark.parametrize(
    ("columns", "path"),
    [
        ({"width": "wide"}, ["now", "edges", 1, "node", "size", "width"]),
        ({"colour": "green"}, ["now", "edges", 1, "node", "colour"]),
        ({"colour": None}, ["now", "edges", 1, "node", "colour"]),
        ({"grown_at": None}, ["now", "edges", 1, "cursor"]),
        ({"name": None}, ["now", "edges", 1, "node", "name"]),
        ({"fallen_at": 7}, ["now", "edges", 1, "node", "fallenAt"]),
    ],
)
def test_a_row_that_does_not_fit_fails_as_its_object_would(columns: Row, path: list[Any]) -> None:
    data, errors = same_failure(EVERYTHING, [ROWS[0], row(2, **columns), ROWS[3]])
    assert errors[0].path == path
    assert (data is None) is (path[-1] not in {"width", "fallenAt"})


def test_a_source_of_another_class_is_none() -> None:
    class Other(NamedTuple):
        rows: list[Row]
        has_more: bool

    document = parse("{ now { total } }")
    executor = built(CompiledExecutor, document, ROWS)
    assert isinstance(executor, CompiledExecutor)
    plans = OperationPlans(CORE, executor.operation, executor.fragments, is_long_lived=True)
    plan = plans.plan(executor.variable_values)
    assert plan is not None
    complete = plan.roots[0].__globals__["complete0"]
    running = PlanExecution(None, None, executor.variable_values, lambda: executor)
    assert complete(running, Rows(ROWS, has_more=True), (0, ())) == b'{"total":4}'
    for wrong in (Other(ROWS, has_more=True), tuple(ROWS), {"rows": ROWS}):
        with pytest.raises(Exception, match=r"^$"):
            complete(running, wrong, (0, ()))


def test_where_another_field_fails_the_sources_are_not_read_again() -> None:
    data, errors = same_failure(f"{{ leaves {{ shout name }} broken soon {PAGE} }}", ROWS)
    assert [error.path for error in errors] == [["broken"]]
    assert data["broken"] is None
    assert [leaf["name"] for leaf in data["leaves"]] == [f"the {one['name']}" for one in ROWS]


PARTS = """{ now { total ... @defer { edges { cursor node { name ... @defer { shout size { width }
  } } } } } maybe @stream(initialCount: 1) { name grownAt } soon { ... @defer { counted } } }"""


async def test_in_parts() -> None:
    executor = built(IncrementalSourceExecutor, parse(PARTS), ROWS)
    result: Any = executor.execute_operation()
    result = await result if isawaitable(result) else result
    assert isinstance(result, ExperimentalIncrementalExecutionResults)
    following: AsyncGenerator[Any, None] = result.subsequent_results
    found = [result.initial_result.formatted]
    sourced = found + [part.formatted async for part in following]
    assert len(sourced) > 1
    assert sourced[0]["data"]["now"] == {"total": 4}
    assert "the leaf 4" in str(sourced[1:])


def test_a_view_computes_its_attributes_from_the_source() -> None:
    assert {name: _mapping(name) for name in ("Leaf", "Size")} == {"Leaf": LEAF, "Size": None}
    view = LEAF.view(ROWS[0])
    assert isinstance(view, Leaf)
    assert (view.key, view.id, view.colour) == (1, global_id("Leaf", 1), Colour.RED)
    assert view.size is not None
    assert view.size.width == 3
    assert view.fallen_at is None
    with pytest.raises(AttributeError, match="height"):
        view.height  # type: ignore[attr-defined]  # noqa: B018 - there is none


def _mapping(name: str) -> object:
    type_ = CORE.get_type(name)
    assert isinstance(type_, GraphQLObjectType)
    return mapping_for(type_)
