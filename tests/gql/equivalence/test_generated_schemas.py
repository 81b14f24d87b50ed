"""Generated schemas, documents, variables and data: ours answers exactly as graphql-core does."""

import asyncio
import gc
from collections import Counter
from random import Random

import pytest
from graphql import parse, print_schema, validate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gql.runtime.error_behavior import ErrorBehavior
from tests.conftest import EXECUTION_CASES
from tests.gql.equivalence.generated.documents import Writer, variables
from tests.gql.equivalence.generated.running import Both, Run
from tests.gql.equivalence.generated.schemas import schema as make_schema
from tests.gql.equivalence.generated.values import Data

pytestmark = pytest.mark.heavy

PARTS = 4
MANY_CASES, FEWER_CASES = 20_000, 1_600
DOCUMENTS = 10
"""Of each schema."""
ROOTS = 5
"""Root values for each document."""
VARIABLES = 4
"""Sets of variables for each root value."""
CASES = DOCUMENTS * ROOTS * VARIABLES
FAULTS = (0.0, 0.0, 0.01, 0.1)


# Where one error comes before the rest is awaited, graphql-core leaves coroutines behind.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.parametrize("part", range(PARTS))
def test_answers_are_equal(part: int, pytestconfig: pytest.Config) -> None:
    """Run 2,000 cases, or as many as `--cases` says, a part of them here."""
    _compare(part, int(pytestconfig.getoption("--cases")))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.parametrize("part", range(PARTS))
def test_answers_are_equal_in_many_cases(part: int) -> None:
    _compare(part, MANY_CASES)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
def test_answers_are_equal_where_an_error_nulls_its_own_field() -> None:
    _compare(0, FEWER_CASES, ErrorBehavior.NULL)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
def test_the_first_error_is_all_that_comes_where_it_halts() -> None:
    _compare(0, FEWER_CASES, ErrorBehavior.HALT)


def _compare(part: int, wanted: int, on_error: ErrorBehavior = ErrorBehavior.PROPAGATE) -> None:
    counted: Counter[str] = Counter()
    examples = -(-wanted // (CASES * PARTS))

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=wanted in {EXECUTION_CASES, FEWER_CASES, MANY_CASES},
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, 2**40))
    def compare(seed: int) -> None:
        counted.update(asyncio.run(_compared(seed * PARTS + part, on_error)))

    compare()
    # What graphql-core left behind is to be noticed here, not in whichever test comes next.
    gc.collect()
    assert counted["cases"] >= wanted // PARTS
    # The cases are worth something only if most of them are compiled, and many step back.
    assert counted["compiled"] > counted["cases"] * 0.5
    assert counted["stepped back"] > counted["cases"] * 0.1
    # Where errors race each other to the same null, now and then the other one wins; those come
    # together, from one document and its data.
    assert counted["raced"] <= 10 + counted["cases"] * 0.0005


async def _compared(seed: int, on_error: ErrorBehavior) -> Counter[str]:
    """Compare the cases of one schema."""
    random, counted = Random(seed), Counter[str]()  # noqa: S311 - cases, no secrets
    schema = make_schema(random)
    for number in range(DOCUMENTS):
        kind = random.choices(("query", "mutation"), (4, 1))[0]
        text = Writer(schema, random).document(kind)
        document = parse(text)
        if not number:
            assert validate(schema, document) == []
        root_type = schema.query_type if kind == "query" else schema.mutation_type
        assert root_type is not None
        both = Both(schema, document, on_error)
        for _ in range(ROOTS):
            root = Data(schema, random, random.choice(FAULTS)).root(root_type)
            for _ in range(VARIABLES):
                given_ = variables(random)
                stock, ours = await both.stock(root, given_), await both.ours(root, given_)
                case = f"{seed}\n{text}\n{given_}"
                if on_error is ErrorBehavior.HALT and stock.errors:
                    assert (ours.data, len(ours.errors)) == (None, 1), case
                else:
                    counted["raced"] += not _is_same(stock, ours, case, schema)
        counted["cases"] += ROOTS * VARIABLES
        counted["compiled"] += both.compiled
        counted["stepped back"] += both.stepped_back
    return counted


def _is_same(stock: Run, ours: Run, case: str, schema: object) -> bool:
    """Whether the answers are equal; fails unless they differ by nothing but a race of errors."""
    paths = [call[0] for call in ours.calls]
    assert len(set(paths)) == len(paths), f"called twice: {case}"
    if not stock.errors:
        assert sorted(map(repr, ours.calls)) == sorted(map(repr, stock.calls)), case
    if ours.answer == stock.answer:
        return True
    difference = f"{stock.answer}\n{ours.answer}\n{case}\n{print_schema(schema)}"  # type: ignore[arg-type]  # for a failure only
    assert ours.nulled == stock.nulled, difference
    return False
