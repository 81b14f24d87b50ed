"""Lists that are made of rows are answered as if their objects were there."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

import pytest
import strawberry
from graphql import ExecutionResult, parse
from graphql.execution import Executor, default_field_resolver, default_type_resolver

from gql.compiler.plans import Plans
from gql.runtime.executor import CompiledExecutor
from gql.values.shapes import SCOPE, Column, Rows, Shape, Whole, listed

MADE: list[int] = []
"""The keys of the leaves that were made."""
Row = Mapping[str, Any]  # Any: columns of every type


@strawberry.enum
class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@strawberry.type
class Size:
    width: int


@strawberry.type
class Leaf:
    key: strawberry.Private[int]
    name: str
    colour: Colour
    size: Size | None

    def __post_init__(self) -> None:
        MADE.append(self.key)

    @strawberry.field
    def shout(self) -> str:
        return f"{self.name.upper()}!"


@strawberry.type
class Edge:
    scope: strawberry.Private[str]
    node: Leaf

    @strawberry.field
    def cursor(self) -> str:
        return f"{self.scope}:{self.node.key}"


LEAF = Shape(
    Leaf,
    {
        "key": Column("id"),
        "name": Column("id", lambda key: f"leaf {key}"),
        "colour": Column("colour", Colour),
        "size": Whole(lambda row: None if row["width"] is None else Size(width=row["width"])),
    },
)
EDGE = Shape(Edge, {"scope": SCOPE, "node": LEAF})


@strawberry.type
class Query:
    edges: list[Edge]


SCHEMA = strawberry.Schema(Query)
CORE = SCHEMA._schema
ROWS: list[Row] = [
    {"id": 1, "colour": "red", "width": 3},
    {"id": 2, "colour": "blue", "width": None},
]
EVERYTHING = """{ edges { cursor node { __typename name colour again: colour shout
  size { width } } } }"""


def run(executor_type: type[Executor[Any]], document: str, rows: list[Row]) -> ExecutionResult:
    root = Query(edges=listed(Rows(rows, EDGE, scope="tree")))  # type: ignore[arg-type]  # rows are mappings
    executor = executor_type.build(
        CORE,
        parse(document),
        root,
        field_resolver=default_field_resolver,
        type_resolver=default_type_resolver,
    )
    assert isinstance(executor, Executor), executor
    if isinstance(executor, CompiledExecutor):
        executor.plans = Plans(CORE, executor.operation, executor.fragments, is_lasting=True)
    MADE.clear()
    result = executor.execute_operation()
    assert isinstance(result, ExecutionResult)
    return result


def test_what_is_plain_is_built_from_the_rows_alone() -> None:
    document = "{ edges { node { name colour size { width } } } }"
    assert run(CompiledExecutor, document, ROWS) == run(Executor, document, ROWS)
    assert MADE == [1, 2], "by graphql-core's executor"
    run(CompiledExecutor, document, ROWS)
    assert MADE == []


def test_a_resolver_gets_the_object() -> None:
    result = run(CompiledExecutor, EVERYTHING, ROWS)
    assert result == run(Executor, EVERYTHING, ROWS)
    assert result.data == {
        "edges": [
            {
                "cursor": "tree:1",
                "node": {
                    "__typename": "Leaf",
                    "name": "leaf 1",
                    "colour": "RED",
                    "again": "RED",
                    "shout": "LEAF 1!",
                    "size": {"width": 3},
                },
            },
            {
                "cursor": "tree:2",
                "node": {
                    "__typename": "Leaf",
                    "name": "leaf 2",
                    "colour": "BLUE",
                    "again": "BLUE",
                    "shout": "LEAF 2!",
                    "size": None,
                },
            },
        ]
    }


@pytest.mark.parametrize("rows", [[], ROWS[:1], ROWS * 40])
def test_however_many_there_are(rows: list[Row]) -> None:
    assert run(CompiledExecutor, EVERYTHING, rows) == run(Executor, EVERYTHING, rows)


def test_a_row_that_does_not_fit_fails_as_its_object_would() -> None:
    wide: list[Row] = [ROWS[0], {"id": 2, "colour": "red", "width": "wide"}]
    document = "{ edges { node { size { width } } } }"
    compiled, stock = (run(kind, document, wide) for kind in (CompiledExecutor, Executor))
    assert [str(one) for one in compiled.errors or ()] == [str(one) for one in stock.errors or ()]
    assert len(stock.errors or ()) == 1
    assert compiled.data == stock.data


def test_rows_are_a_sequence_of_objects() -> None:
    rows = Rows(ROWS, EDGE, scope="tree")  # type: ignore[arg-type]  # rows are mappings
    assert len(rows) == 2
    assert [one.node.name for one in rows] == ["leaf 1", "leaf 2"]
    assert rows[-1].node == Leaf(key=2, name="leaf 2", colour=Colour.BLUE, size=None)
    assert [one.scope for one in rows[1:]] == ["tree"]
