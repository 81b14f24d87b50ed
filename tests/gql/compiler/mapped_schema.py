"""A schema whose resolvers give sources of every kind, at once or later."""

import asyncio
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, NamedTuple

import strawberry
from strawberry.schema.config import StrawberryConfig

from gql.build import SCALAR_ENCODERS
from gql.compiler.codegen.leaves import attach_scalar_encoders
from gql.compiler.resolution.strawberry_fields import attach_mappings
from gql.schema.scalars import SCALARS
from gql.values.mapped_future import map_future
from gql.values.mappings import (
    Column,
    Cursor,
    Derived,
    GlobalId,
    Instant,
    Member,
    Nested,
    ObjectMapping,
    Sourced,
)
from loaders.batching.loader import LoaderFuture

# Any: rows have columns of every type, answers are JSON.
Row = dict[str, Any]
SEEN: list[object] = []
"""What resolvers of leaves were called with."""


@strawberry.enum
class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@strawberry.type
class Size:
    width: int
    unit: str | None


@strawberry.type
class Info:
    first: str | None
    last: str | None
    has_more: bool


@strawberry.interface
class Named:
    id: strawberry.ID


@strawberry.type
class Leaf(Named):
    key: strawberry.Private[int]
    name: str
    colour: Colour
    shade: Colour | None
    grown_at: datetime
    fallen_at: datetime | None
    size: Size | None
    length: int

    @strawberry.field
    def shout(self) -> str:
        SEEN.append(self)
        return f"{self.name.upper()}{self.key}!"

    @strawberry.field
    def twin(self) -> Sourced["Leaf", Row]:
        return vars(self)["_source"]  # type: ignore[no-any-return]  # the row of the view


@strawberry.type
class Root(Named):
    depth: int


@strawberry.type
class Day:
    day: str
    count: int


@strawberry.type
class Edge:
    node: Leaf
    cursor: str


@strawberry.type
class Page:
    edges: list[Edge]
    info: Info
    total: int

    @strawberry.field
    async def counted(self) -> int:
        await asyncio.sleep(0)
        return len(self.edges)


class Rows(NamedTuple):
    rows: list[Row]
    has_more: bool


LEAF = ObjectMapping(
    Leaf,
    {
        "key": Column("id"),
        "id": GlobalId("Leaf"),
        "name": Column("name", lambda name: f"the {name}"),
        "colour": Column("colour", Colour),
        "shade": Column("shade", Colour),
        "grown_at": Instant("grown_at"),
        "fallen_at": Instant("fallen_at"),
        "size": Nested(
            ObjectMapping(Size, {"width": Column("width"), "unit": Column("unit")}),
            unless_null="width",
        ),
        "length": Derived(lambda row: len(row["name"])),
    },
)
ROOT = ObjectMapping(Root, {"id": GlobalId("Root"), "depth": Column("depth")})
DAY = ObjectMapping(Day, {"day": Column(0), "count": Column(1)}, source=tuple)
EDGE = ObjectMapping(Edge, {"node": Nested(LEAF), "cursor": Cursor("leaves", "grown_at")})
INFO: dict[str, Member | Cursor] = {
    "first": Cursor("leaves", "grown_at", 0),
    "last": Cursor("leaves", "grown_at", -1),
    "has_more": Member("has_more"),
}
PAGE = ObjectMapping(
    Page,
    {
        "edges": Member("rows"),
        "info": Nested(ObjectMapping(Info, INFO)),
        "total": Derived(lambda page: len(page.rows)),
    },
    source=Rows,
)


def loaded(value: object, *, is_done: bool = False) -> Any:
    """A value that is there now, or in a while."""
    loop = asyncio.get_running_loop()
    future = LoaderFuture[object](loop=loop)
    if is_done:
        future.set_result(value)
    else:
        loop.call_soon(future.set_result, value)
    return future


@strawberry.type
class Query:
    rows: strawberry.Private[list[Row]]

    @strawberry.field
    def now(self) -> Sourced[Page, Rows]:
        return Rows(self.rows, has_more=True)

    @strawberry.field
    def soon(self) -> Sourced[Page, LoaderFuture[Rows]]:
        return loaded(Rows(self.rows, has_more=False))  # type: ignore[no-any-return]  # a future

    @strawberry.field
    def ready(self) -> Sourced[Page, LoaderFuture[Rows]]:
        return loaded(Rows(self.rows, has_more=False), is_done=True)  # type: ignore[no-any-return]  # a future

    @strawberry.field
    def first(self) -> Sourced[Leaf | None, Row | None]:
        return map_future(loaded(self.rows), lambda rows: rows[0] if rows else None)

    @strawberry.field
    async def leaves(self) -> Sourced[list[Leaf], list[Row]]:
        await asyncio.sleep(0)
        return self.rows

    @strawberry.field
    def maybe(self) -> Sourced[list[Leaf | None], tuple[Row | None, ...]]:
        return tuple(item for row in self.rows for item in (row, None))

    @strawberry.field
    def days(self) -> Sourced[list[Day], list[tuple[str, int]]]:
        return [("monday", 1), ("tuesday", 0)]

    @strawberry.field
    def named(self) -> list[Named]:
        return [ROOT.view({"id": 7, "depth": 3}), *map(LEAF.view, self.rows)]

    @strawberry.field
    def either(self) -> Annotated[Leaf | Root, strawberry.union("Either")]:
        return LEAF.view(self.rows[0]) if self.rows else ROOT.view({"id": 7, "depth": 3})

    @strawberry.field
    async def broken(self) -> str | None:
        await asyncio.sleep(0)
        raise ValueError("broken")


SCHEMA = strawberry.Schema(
    Query,
    types=[Leaf, Root],
    config=StrawberryConfig(scalar_map=SCALARS, enable_experimental_incremental_execution=True),
)
CORE = SCHEMA._schema
attach_scalar_encoders(CORE, SCALAR_ENCODERS)
attach_mappings(CORE, (LEAF, ROOT, DAY, EDGE, PAGE))
