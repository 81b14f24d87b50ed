"""A schema of Strawberry types, and the answers of both executors to a document of it."""

import asyncio
from dataclasses import dataclass, field
from enum import Enum
from inspect import isawaitable
from typing import Annotated, Any

import strawberry
from graphql import ExecutionResult, GraphQLSchema, parse
from graphql.execution import Executor, default_field_resolver, default_type_resolver

from gql.compiler.plan_cache import OperationPlans
from gql.runtime.executor import CompiledExecutor
from gql.values.mapped_future import MappedFuture

# Any: the context collects calls, and the root is whatever a test wants.
Info = strawberry.Info[Any, Any]


@strawberry.enum
class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@strawberry.interface
class Named:
    name: str


@strawberry.type
class Leaf(Named):
    name: str
    size: int
    weight: float
    is_ripe: bool
    colour: Colour
    note: str | None
    tags: list[str]
    grid: list[list[int | None]]


@strawberry.type
class Branch(Named):
    name: str
    leaf: Leaf | None
    best: Leaf
    leaves: list[Leaf]
    some: list[Leaf | None] | None

    @strawberry.field
    async def later(self, info: Info) -> Leaf:
        info.context.append(f"later of {self.name}")
        await asyncio.sleep(0)
        return self.best

    @strawberry.field
    def at_once(self, info: Info, times: int = 1) -> str:
        info.context.append(f"at once of {self.name}")
        return str(self.name) * times


class Deny(strawberry.BasePermission):
    message = "not allowed"

    def has_permission(self, source: Any, info: Info, **_arguments: Any) -> bool:
        info.context.append(f"permission asked at {info.path.as_list()}")
        return bool(source.name != "closed")


@strawberry.input
class Wish:
    words: list[str]
    colour: Colour = Colour.RED


@strawberry.type
class Query:
    @strawberry.field
    def shown(
        self,
        info: Info,
        words: list[str] | None = strawberry.UNSET,
        colour: Colour = Colour.BLUE,
        wish: Wish | None = None,
    ) -> str | None:
        info.context.append(f"shown at {info.path.as_list()}, {info.field_name}")
        variables = sorted(info.variable_values)
        return f"{words!r} {colour!r} {wish!r} {variables} {info.python_name} {info.return_type}"

    @strawberry.field(permission_classes=[Deny])  # type: ignore[untyped-decorator]  # strawberry's
    def guarded(self) -> str:
        return "let in"

    @strawberry.field
    def either(self, info: Info) -> Annotated[Leaf | Branch, strawberry.union("LeafOrBranch")]:
        return info.root_value  # type: ignore[no-any-return]  # faults and all

    @strawberry.field
    def soon(self, info: Info) -> list[Leaf]:
        loading = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(loading.set_result, info.root_value)
        return MappedFuture(loading, lambda branch: branch.leaves)  # type: ignore[return-value]  # awaited

    @strawberry.field
    def branch(self, info: Info) -> Branch | None:
        return info.root_value  # type: ignore[no-any-return]  # faults and all

    @strawberry.field
    async def branches(self, info: Info) -> list[Branch]:
        return [info.root_value, info.root_value]

    @strawberry.field
    def named(self, info: Info) -> Named:
        return info.root_value  # type: ignore[no-any-return]  # faults and all


SCHEMA: GraphQLSchema = strawberry.Schema(Query, types=[Leaf, Branch])._schema


@dataclass
class Run:
    """What an execution gave, and which resolvers it called."""

    data: Any
    errors: list[dict[str, Any]]
    calls: list[str] = field(default_factory=list)


def execute(executor_type: type[Executor[Any]], document: str, root: object) -> Run:
    calls: list[str] = []
    parsed = parse(document)
    executor = executor_type.build(
        SCHEMA,
        parsed,
        root,
        calls,
        field_resolver=default_field_resolver,
        type_resolver=default_type_resolver,
    )
    assert isinstance(executor, Executor), executor
    if isinstance(executor, CompiledExecutor):
        executor.plans = OperationPlans(
            SCHEMA, executor.operation, executor.fragments, is_long_lived=True
        )
    result = asyncio.run(_settled(executor))
    errors = sorted((error.formatted for error in result.errors or ()), key=repr)
    return Run(_ordered(result.data), [dict(error) for error in errors], sorted(calls))


async def _settled(executor: Executor[Any]) -> ExecutionResult:
    result: Any = executor.execute_operation()
    settled = await result if isawaitable(result) else result
    assert isinstance(settled, ExecutionResult)
    return settled


def _ordered(value: Any) -> Any:
    """Objects as lists of pairs, so that the order of keys counts."""
    if isinstance(value, dict):
        return [(name, _ordered(one)) for name, one in value.items()]
    return [_ordered(one) for one in value] if isinstance(value, list) else value


def assert_same(document: str, root: object) -> Run:
    stock, planned = (execute(kind, document, root) for kind in (Executor, CompiledExecutor))
    assert planned == stock
    return stock


def leaf(**changes: Any) -> Leaf:
    values: dict[str, Any] = {
        "name": "oak",
        "size": 3,
        "weight": 1.5,
        "is_ripe": True,
        "colour": Colour.RED,
        "note": None,
        "tags": ["a", "b"],
        "grid": [[1, None], []],
    }
    return Leaf(**values | changes)


def branch(**changes: Any) -> Branch:
    values: dict[str, Any] = {
        "name": "big",
        "leaf": leaf(),
        "best": leaf(),
        "leaves": [leaf(), leaf(size=4)],
        "some": [None, leaf()],
    }
    return Branch(**values | changes)
