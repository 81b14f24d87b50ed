"""Of our whole schema, over rows with awkward contents, both executors give the same bytes."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from random import Random

import pytest
from graphql import print_ast
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from orjson import dumps, loads

from app.wiring import open_application
from gql.documents.operation import RequestRefused
from gql.runtime.execution import coerce_variables
from gql.runtime.plan_execution import EncodedResult
from services.callers.principal import ApiClient, Person, Principal
from tests.fixtures.servers.server import settings_for
from tests.fixtures.stores.postgres import new_database
from tests.fixtures.stores.world import ADA, ADAS_COMPANY, ADAS_CREDENTIALS, NOW
from tests.gql.equivalence.generated.own_documents import OwnWriter
from tests.gql.equivalence.own_world import ARGUMENTS, CORE, Asking, make_unusual, prepared

CALLERS: list[Principal] = [Person(ADA), Person(ADA), ApiClient(ADAS_COMPANY, ADAS_CREDENTIALS[2])]
CHANGING = frozenset({"Query.ops"})
"""What says something else each time."""


@pytest.fixture(scope="module")
def asking(
    postgres: str, world_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Asking]:
    """Our schema over a database of its own."""
    stack = AsyncExitStack()
    with new_database(postgres, world_template) as url, asyncio.Runner() as runner:
        runner.run(make_unusual(url))
        opening = open_application(
            settings_for(url, tmp_path_factory.mktemp("data")), url, clock=lambda: NOW
        )
        yield Asking(runner, runner.run(stack.enter_async_context(opening)))
        runner.run(stack.aclose())


def compare(asking: Asking, seed: int) -> bool:
    """Compare the answers to one document; whether compiled code gave its own."""
    random = Random(seed)  # noqa: S311 - cases, no secrets
    document = OwnWriter(CORE, random, ARGUMENTS, CHANGING).document()
    try:
        operation = prepared(document)
    except RequestRefused:
        assume(False)
    caller = random.choice(CALLERS)
    stock, compiled = asking.stock(operation, caller), asking.compiled(operation, caller)
    if not isinstance(compiled, EncodedResult):
        assert dumps(compiled.data) == dumps(stock.data), document
        assert [one.formatted for one in compiled.errors or ()] == [
            one.formatted for one in stock.errors or ()
        ], document
        return False
    assert stock.errors is None, document
    assert compiled.text == dumps(stock.data), document
    values = coerce_variables(CORE, operation, None).coerced
    cost = min(compiled.cost, operation.cost.of(values))
    assert cost == operation.cost.actual(values, loads(compiled.text)), print_ast(
        operation.definition
    )
    return True


def run(asking: Asking, cases: int) -> None:
    counted = {True: 0, False: 0}

    @settings(
        max_examples=cases,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, 2**40))
    def compared(seed: int) -> None:
        counted[compare(asking, seed)] += 1

    compared()
    assert counted[True] > 2 * counted[False]


def test_the_bytes_and_the_costs_are_the_same(asking: Asking) -> None:
    run(asking, 25)


@pytest.mark.slow
def test_the_bytes_and_the_costs_are_the_same_in_many_cases(asking: Asking) -> None:
    run(asking, 5_000)
