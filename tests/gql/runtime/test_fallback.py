"""Where compiled code gives up, the answer is the one that graphql-core alone would have given."""

import asyncio
import weakref
from collections.abc import Callable, Coroutine, Generator
from types import coroutine
from typing import Any, ClassVar

import pytest
from graphql import ExecutionResult, GraphQLSchema, build_schema, execute_sync, parse

from gql.compiler.plan_cache import OperationPlans
from gql.runtime.executor import CompiledExecutor
from tests.gql.equivalence.generated.running import Both

# Any, in this module: a resolver takes and gives what it likes.
Resolver = Callable[..., Any]

COUNTER = """
    type Query { value: Int }
    type Mutation { add(by: Int!): Counter  later(by: Int!): Counter  fail: Int  failLater: Int }
    type Counter { value: Int! }
"""


class Counter:
    """One object that all mutations change and give."""

    def __init__(self) -> None:
        self.value = 0


def add(counter: Counter, _info: Any, by: int) -> Counter:
    counter.value += by
    return counter


async def later(counter: Counter, info: Any, by: int) -> Counter:
    await asyncio.sleep(0)
    return add(counter, info, by)


def fail(_counter: Counter, _info: Any) -> int:
    raise RuntimeError("failed")


async def fail_later(counter: Counter, info: Any) -> int:
    await asyncio.sleep(0)
    return fail(counter, info)


def resolved(sdl: str, **resolvers: Resolver) -> GraphQLSchema:
    """The schema, its fields resolved by functions of their names."""
    schema = build_schema(sdl)
    for type_ in filter(None, (schema.query_type, schema.mutation_type)):
        for name, field in type_.fields.items():
            field.resolve = resolvers.get(name)
    return schema


@pytest.mark.parametrize("failing", ["fail", "failLater"])
@pytest.mark.parametrize("adding", ["add", "later"])
async def test_what_a_mutation_has_completed_is_kept(adding: str, failing: str) -> None:
    schema = resolved(COUNTER, add=add, later=later, fail=fail, failLater=fail_later)
    document = f"""mutation {{
      first: {adding}(by: 1) {{ value }}  second: {adding}(by: 2) {{ value }}
      broken: {failing}
      third: {adding}(by: 3) {{ value }}
    }}"""

    both = Both(schema, parse(document))
    stock, ours = await both.stock(Counter(), {}), await both.ours(Counter(), {})
    assert ours.data == {
        "first": {"value": 1},
        "second": {"value": 3},
        "broken": None,
        "third": {"value": 6},
    }
    assert ours.answer == stock.answer
    assert both.stepped_back == 1


async def test_the_first_value_that_does_not_fit_is_reported() -> None:
    async def slow(_source: Any, _info: Any) -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def quick(_source: Any, _info: Any) -> None:
        pass

    schema = resolved("type Query { slow: Int!  quick: Int! }", slow=slow, quick=quick)

    both = Both(schema, parse("{ slow quick }"))
    stock, ours = await both.stock(None, {}), await both.ours(None, {})
    assert [error.path for error in ours.errors] == [["quick"]]
    assert ours.answer == stock.answer
    assert both.stepped_back == 1


async def test_a_generator_that_can_be_awaited_is_awaited() -> None:
    @coroutine
    def soon() -> Generator[Any, Any, dict[str, str]]:
        yield from asyncio.sleep(0).__await__()
        return {"name": "awaited"}

    schema = build_schema("type Query { thing: Thing }  type Thing { name: String }")

    ours = await Both(schema, parse("{ thing { name } }")).ours({"thing": soon()}, {})
    assert ours.data == {"thing": {"name": "awaited"}}


class Named:
    name = "plain"


class Awaited(Named):
    def __await__(self) -> Generator[Any, Any, Named]:
        yield from asyncio.sleep(0).__await__()
        return self


class Stand:
    """Says of itself that it is what it stands for, as mocks do."""

    def __init__(self, instead_of: object) -> None:
        self.name = "stand"
        self._instead_of = instead_of

    @property  # type: ignore[misc]  # types cannot express it
    def __class__(self) -> type:
        return type(self._instead_of)


@pytest.mark.parametrize("proxy", [weakref.proxy, Stand])
async def test_a_proxy_is_what_it_stands_for(proxy: Resolver) -> None:
    given: list[object] = [Named(), Named(), Awaited(), RuntimeError("an error")]
    schema = resolved(
        "type Query { at(place: Int!): Thing }  type Thing { name: String }",
        at=lambda _source, _info, place: proxy(given[place]),
    )

    both = Both(schema, parse("query ($place: Int!) { at(place: $place) { name } }"))
    for place in range(len(given)):
        stock = await both.stock(None, {"place": place})
        assert (await both.ours(None, {"place": place})).answer == stock.answer


class Watched(CompiledExecutor):
    """Compiles at once, and counts what it leaves to graphql-core."""

    made: ClassVar[list["Watched"]] = []

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.plans = OperationPlans(self.schema, self.operation, self.fragments, is_long_lived=True)
        self.completed = 0
        self.made.append(self)

    def complete_value(self, *args: Any) -> Any:
        self.completed += 1
        return super().complete_value(*args)


def executed(document: str, **resolvers: Resolver) -> tuple[ExecutionResult, int]:
    """The answer of `execute_sync`, and how many values graphql-core completed for it."""
    schema = resolved("scalar Any  type Query { name: String  text: Any  late: Any }", **resolvers)
    answer = execute_sync(schema, parse(document), {"name": "root"}, executor_class=Watched)
    return answer, Watched.made.pop().completed


def test_compiled_code_runs_without_waiting() -> None:
    answer, completed = executed("{ name text }", text=lambda _source, _info: "text")
    assert answer == ExecutionResult({"name": "root", "text": "text"}, None)
    assert completed == 0


def test_without_waiting_what_could_be_awaited_is_a_value() -> None:
    given: list[Coroutine[Any, Any, str]] = []

    async def computed() -> str:
        return "computed"

    def late(_source: Any, _info: Any) -> Coroutine[Any, Any, str]:
        given.append(computed())
        return given[-1]

    answer, completed = executed("{ name late }", late=late)
    (value,) = given
    value.close()
    assert answer == ExecutionResult({"name": "root", "late": value}, None)
    assert completed == 2
