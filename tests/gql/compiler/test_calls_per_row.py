"""A row costs as little in any list: what is called for each of its columns, of Python and of C."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from cProfile import Profile
from random import Random

import asyncpg
import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type

from app.wiring import open_application
from gql.compiler.resolution.field_access import AttributeAccess, field_access
from gql.runtime.plan_execution import EncodedResult
from gql.values.ids import global_id
from perf.counting.calls import calls_in
from services.callers.principal import Person
from tests.fixtures.servers.server import settings_for
from tests.fixtures.stores.postgres import new_database
from tests.fixtures.stores.world import ADA, LONG_CONVERSATION, NOW
from tests.gql.equivalence.own_world import CORE, Asking, make_unusual, prepared

FEW, MANY = 5, 25
MOST = 1.5
"""Times the calls for each column of the page of conversations."""
PAGE = ["id", "title", "status", "updatedAt"]
"""What is asked of it by `perf/benchmarks/harness/operations.py`."""
_ID = global_id("Conversation", LONG_CONVERSATION)
LISTS = {
    "ConversationEdge": "viewer {{ conversations(first: {size}) {{ edges {{ {columns} }} }} }}",
    "MessageEdge": (
        f'conversation(id: "{_ID}") {{{{ messages(last: {{size}}) {{{{ edges {{{{ {{columns}} '
        "}} }} }}"
    ),
    "PrivacyRequestEdge": "viewer {{ privacyRequests(first: {size}) {{ edges {{ {columns} }} }} }}",
    "EnterpriseDailyUsage": (
        'enterpriseAccount {{ dailyUsage(from: "2026-01-01", to: "2026-01-{size:02}") '
        "{{ {columns} }} }}"
    ),
}
_MORE_REQUESTS = (
    "INSERT INTO user_privacy_requests (user_id, request_kind, status, requested_at) "
    "SELECT 1, 'export', 'cancelled', now() FROM generate_series(1, 30)"
)


@pytest.fixture(scope="module")
def asking(
    postgres: str, world_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Asking]:
    """Our schema over a database of its own, with as many rows of each list."""

    async def add_rows(url: str) -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(_MORE_REQUESTS)
        await connection.close()

    stack = AsyncExitStack()
    with new_database(postgres, world_template) as url, asyncio.Runner() as runner:
        runner.run(make_unusual(url))
        runner.run(add_rows(url))
        opening = open_application(
            settings_for(url, tmp_path_factory.mktemp("data")), url, clock=lambda: NOW
        )
        yield Asking(runner, runner.run(stack.enter_async_context(opening)))
        runner.run(stack.aclose())


def plain(type_name: str) -> list[str]:
    """What may be asked of a row without a resolver, of what is nested in it too."""
    type_ = CORE.type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    found = ["__typename"]
    for name, field in type_.fields.items():
        if not isinstance(field_access(CORE, field), AttributeAccess):
            continue
        named = get_named_type(field.type)
        if is_leaf_type(named):
            found.append(name)
        else:
            found += [f"{name} {{ {inner} }}" for inner in plain(named.name)]
    return found


def calls(asking: Asking, type_name: str, columns: Sequence[str], size: int) -> int:
    """What is called for the answer once everything that is kept is there."""
    text = LISTS[type_name].format(size=size, columns=" ".join(columns))
    operation = prepared(f"{{ {text} }}")
    for _ in range(3):
        assert isinstance(asking.compiled(operation, Person(ADA)), EncodedResult)
    found = []
    # On a busy machine the loop turns more often, and jobs of the process come in between.
    for _ in range(30):
        profile = Profile()
        profile.enable()
        asking.compiled(operation, Person(ADA))
        profile.disable()
        found.append(sum(calls_in(profile).totals))
    return min(found)


def each_column(asking: Asking, type_name: str, columns: Sequence[str]) -> float:
    """The calls of a row for each of the columns."""
    many, few = (calls(asking, type_name, columns, size) for size in (MANY, FEW))
    return (many - few) / (MANY - FEW) / len(columns)


@pytest.mark.parametrize("type_name", LISTS)
def test_a_row_of_any_list(asking: Asking, type_name: str) -> None:
    reference = each_column(asking, "ConversationEdge", [f"node {{ {one} }}" for one in PAGE])
    random, fields = Random(7), plain(type_name)  # noqa: S311 - cases, no secrets
    for _ in range(6):
        columns = random.sample(fields, random.randint(min(3, len(fields)), len(fields)))
        found = each_column(asking, type_name, columns)
        assert found <= MOST * reference, (columns, found, reference)
