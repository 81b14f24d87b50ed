"""Over strawberry's schemas the compiled executor answers exactly as graphql-core's own does."""

import asyncio
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import pytest
import strawberry
from graphql import parse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gql.compiler.plan_cache import OperationPlans
from gql.runtime.executor import CompiledExecutor
from tests.fixtures.run.examples import examples
from tests.gql.equivalence.strawberry_schema import (
    SCHEMA,
    Colour,
    Leaf,
    Query,
    assert_same,
    branch,
    leaf,
)

ALL_OF_A_LEAF = "__typename name size weight isRipe colour note tags grid"
EVERYTHING = f"""{{ branch {{
  name atOnce best {{ {ALL_OF_A_LEAF} }} later {{ size note }}
  leaf {{ {ALL_OF_A_LEAF} }} leaves {{ {ALL_OF_A_LEAF} }} some {{ name }}
}} }}"""


@pytest.mark.parametrize(
    "document",
    [
        EVERYTHING,
        "{ branches { name later { name } atOnce(times: 2) } }",
        "{ branch { second: best { b: name a: name } best { size } best { name size } } }",
        (
            "{ branch { ...F best { ...G } } } fragment F on Branch { leaves { ...G } name } "
            "fragment G on Leaf { size ...H } fragment H on Named { name }"
        ),
        (
            "{ named { __typename name ... on Branch { best { size } later { name } } "
            "... on Leaf { size } } }"
        ),
        "{ branch { name @skip(if: true) best { size @include(if: true) name @skip(if: true) } } }",
        "{ branch { best { __typename } } other: branch { leaves { t: __typename } } }",
        "query ($yes: Boolean = true) { branch { best @include(if: $yes) { name } } }",
        "{ __schema { queryType { name } } branch { name } }",
        "{ either { ... on Branch { name best { size } atOnce } ... on Leaf { size } } }",
        "{ soon { name size } other: soon { colour } branch { later { name } } }",
        "{ guarded shown }",
        (
            'query ($words: [String!] = ["b"], $hue: Colour = RED) { shown(words: $words) '
            'a: shown(colour: $hue) b: shown(words: ["a"], colour: RED) c: shown(words: null) '
            'd: shown(wish: {words: "x", colour: $hue}) }'
        ),
        "{ branches { atOnce later { name } some { ...N } } } fragment N on Named { name }",
    ],
)
def test_documents_of_every_shape(document: str) -> None:
    assert assert_same(document, branch()).errors == []


class Raises:
    """Stands for a branch whose attributes cannot be read."""

    name = "raising"

    @property
    def best(self) -> Leaf:
        raise RuntimeError("cannot be read")

    @property
    def leaves(self) -> list[Leaf]:
        raise RuntimeError("cannot be read either")


class Other(Leaf):
    """A leaf of another class."""


@dataclass
class Soon:
    """A value that has to be awaited, as often as one likes."""

    value: Any

    def __await__(self) -> Generator[Any, Any, Any]:
        yield from asyncio.sleep(0).__await__()
        return self.value


@pytest.mark.parametrize(
    "faults",
    [
        {"name": None},
        {"name": 7},
        {"name": ["list"]},
        {"best": None},
        {"best": "text"},
        {"best": RuntimeError("an error as a value")},
        {"best": Other(**vars(leaf()))},
        {"best": leaf(size=None)},
        {"best": leaf(size=2**31)},
        {"best": leaf(size=-(2**31))},
        {"best": leaf(size=True)},
        {"best": leaf(size="3")},
        {"best": leaf(size=3.0)},
        {"best": leaf(size=3.5)},
        {"best": leaf(weight=3)},
        {"best": leaf(weight=float("nan"))},
        {"best": leaf(weight="heavy")},
        {"best": leaf(is_ripe=1)},
        {"best": leaf(is_ripe="yes")},
        {"best": leaf(colour="red")},
        {"best": leaf(colour="green")},
        {"best": leaf(colour=[])},
        {"best": leaf(note=5)},
        {"best": leaf(tags="text")},
        {"best": leaf(tags=("a", "b"))},
        {"best": leaf(tags=["a", None])},
        {"best": leaf(grid=[[1], None])},
        {"best": leaf(grid=None)},
        {"leaf": None},
        {"leaves": [leaf(), leaf(size=None)]},
        {"leaves": None},
        {"leaves": 7},
        {"some": [leaf(name=None), None, leaf()]},
        {"some": None},
        {"leaves": (leaf() for _ in range(0))},
    ],
    ids=range(35),
)
def test_values_that_are_not_expected(faults: dict[str, Any]) -> None:
    assert_same(EVERYTHING, branch(**faults))


@pytest.mark.parametrize("place", ["name", "best", "leaf", "leaves", "some"])
def test_awaitables_where_none_are_expected(place: str) -> None:
    slow = branch(**{place: Soon(getattr(branch(), place))})
    assert_same(EVERYTHING, slow)
    assert_same(EVERYTHING, branch(**{place: Soon(None)}))
    assert_same(EVERYTHING, branch(best=leaf(name=Soon("oak"), tags=[Soon("a")])))


def test_attributes_that_raise_or_are_missing() -> None:
    assert_same("{ branch { name best { name } } }", Raises())
    assert_same("{ branch { name leaves { name } some { name } } }", Raises())
    assert_same("{ branch { name leaf { name } } }", Raises())


@pytest.mark.parametrize("fault", ["either", "soon", "named"])
def test_faults_behind_resolvers(fault: str) -> None:
    document = f"{{ {fault} {{ __typename }} branch {{ name }} }}"
    for root in (None, "text", Other(**vars(leaf())), RuntimeError("a value"), Soon(branch())):
        assert_same(document, root)
    assert_same(document, strawberry.cast(Leaf, branch()))


def test_a_denied_permission() -> None:
    run = assert_same("{ branch { name } guarded }", branch(name="closed"))
    assert [error["message"] for error in run.errors] == ["not allowed"]


async def test_loaded_futures_take_no_task() -> None:
    """Twenty fields wait for twenty futures, and nothing but the request is a task."""
    document = parse("{ " + " ".join(f"s{number}: soon {{ name }}" for number in range(20)) + " }")
    executor = CompiledExecutor.build(SCHEMA, document, branch(), [])
    assert isinstance(executor, CompiledExecutor)
    executor.plans = OperationPlans(SCHEMA, executor.operation, {}, is_long_lived=True)
    result: Any = executor.execute_operation()
    tasks: set[Any] = set()
    before = asyncio.all_tasks()
    asyncio.get_running_loop().call_soon(lambda: tasks.update(asyncio.all_tasks()))
    settled = await result
    assert settled.errors is None
    assert tasks == before


async def test_as_the_execution_context_class_of_a_schema() -> None:
    schema = strawberry.Schema(Query, types=[Leaf], execution_context_class=CompiledExecutor)
    document = "query Q($w: [String!]) { shown(words: $w) branch { best { size } later { name } } }"
    answers = [
        await schema.execute(document, {"w": ["x"]}, context_value=[], root_value=branch())
        for _ in range(3)
    ]
    expected = await strawberry.Schema(Query, types=[Leaf]).execute(
        document, {"w": ["x"]}, context_value=[], root_value=branch()
    )
    assert [answer.data for answer in answers] == [expected.data] * 3
    assert expected.errors is None


anything = st.sampled_from(
    [
        None,
        "text",
        7,
        2**40,
        1.5,
        True,
        [],
        ["x"],
        (),
        {},
        Colour.BLUE,
        "red",
        object(),
        ValueError("v"),
    ]
)


LEAF_FIELDS = ("name", "size", "weight", "is_ripe", "colour", "note", "tags", "grid")


leaves = st.fixed_dictionaries({}, optional=dict.fromkeys(LEAF_FIELDS, anything)).map(
    lambda changes: leaf(**changes)
)


faulty_leaves = st.none() | anything | leaves


branches = st.fixed_dictionaries(
    {},
    optional={
        "name": anything,
        "leaf": faulty_leaves,
        "best": faulty_leaves,
        "leaves": anything | st.lists(faulty_leaves, max_size=3),
        "some": anything | st.lists(faulty_leaves, max_size=3),
    },
).map(lambda changes: branch(**changes))


leaf_fields = st.lists(
    st.sampled_from([*ALL_OF_A_LEAF.split(), "n: name", "again: size"]), min_size=1, max_size=5
).map(" ".join)


branch_fields = st.lists(
    st.sampled_from(["name", "atOnce", "__typename", "other: name"])
    | st.tuples(
        st.sampled_from(["leaf", "best", "leaves", "some", "later", "two: best"]), leaf_fields
    ).map(lambda chosen: f"{chosen[0]} {{ {chosen[1]} }}"),
    min_size=1,
    max_size=6,
).map(" ".join)


documents = st.tuples(st.sampled_from(["branch", "branches"]), branch_fields).map(
    lambda chosen: f"{{ {chosen[0]} {{ {chosen[1]} }} }}"
)


@pytest.mark.heavy
@settings(examples(100), suppress_health_check=list(HealthCheck))
@given(documents, branches | anything)
def test_any_document_over_any_data(document: str, root: object) -> None:
    run = assert_same(document, root)
    roots = 2 if "branches" in document else 1
    assert all(run.calls.count(call) <= roots for call in run.calls)
