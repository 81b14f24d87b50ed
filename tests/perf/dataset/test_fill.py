"""Filling: all or nothing, only into an empty database, and new ids follow."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from perf.dataset.demo.tables import demo_tables
from perf.dataset.fill import DatabaseHasUsers, fill
from perf.dataset.rows import Row, TableRows
from tests.perf.dataset.progress import RecordedProgress
from tests.perf.dataset.queries import EMPTY, counts, fetch

NOW = datetime(2026, 2, 20, 9, 30, tzinfo=UTC)
TABLES = demo_tables(NOW)
FILLED = EMPTY | {table.table: table.count for table in TABLES}


class Broken(Exception):
    """What goes wrong in the middle."""


def _break() -> None:
    raise Broken


def _cancel() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


def test_progress_adds_up_to_the_rows(database_url: str) -> None:
    steps = RecordedProgress()
    asyncio.run(fill(database_url, TABLES, progress=nullcontext(steps)))
    assert sum(steps.taken) == sum(table.count for table in TABLES)
    assert counts(database_url) == FILLED


def test_rows_without_an_id_get_the_next_one(database_url: str) -> None:
    asyncio.run(fill(database_url, TABLES, progress=nullcontext(RecordedProgress())))
    following = {
        "users (email) VALUES ('new@example.com')": 7,
        "user_subscriptions (user_id, plan_code, status) VALUES (6, 'basic-entry', 'pending')": 8,
        "chat_conversations (user_id, title) VALUES (1, 'New')": 25,
        "chat_messages (user_id, conversation_id, role, content) VALUES (1, 1, 'user', 'New')": 83,
        "user_privacy_requests (user_id, request_kind) VALUES (6, 'export')": 6,
        "enterprise_accounts (company_name) VALUES ('New')": 2,
        "enterprise_daily_usages (enterprise_account_id, usage_date) VALUES (1, '2000-01-01')": 61,
    }
    inserted = {
        values: fetch(database_url, f"INSERT INTO {values} RETURNING id")[0][0]
        for values in following
    }
    assert inserted == following


def test_the_planner_knows_the_rows(database_url: str) -> None:
    asyncio.run(fill(database_url, TABLES, progress=nullcontext(RecordedProgress())))
    ((estimated,),) = fetch(
        database_url, "SELECT reltuples FROM pg_class WHERE relname = 'chat_messages'"
    )
    assert estimated == FILLED["chat_messages"]


def test_a_second_fill_is_refused_and_changes_nothing(database_url: str) -> None:
    asyncio.run(fill(database_url, TABLES, progress=nullcontext(RecordedProgress())))
    steps = RecordedProgress()
    with pytest.raises(DatabaseHasUsers):
        asyncio.run(fill(database_url, TABLES, progress=nullcontext(steps)))
    assert steps.taken == []
    assert counts(database_url) == FILLED


def test_of_two_fills_at_once_one_is_refused(database_url: str) -> None:
    async def both() -> list[BaseException | None]:
        fills = (
            fill(database_url, TABLES, progress=nullcontext(RecordedProgress())) for _ in range(2)
        )
        return await asyncio.gather(*fills, return_exceptions=True)

    outcomes = asyncio.run(both())
    assert {type(outcome) for outcome in outcomes} == {type(None), DatabaseHasUsers}
    assert counts(database_url) == FILLED


@pytest.mark.parametrize(
    ("interrupt", "raised"), [(_break, Broken), (_cancel, asyncio.CancelledError)]
)
def test_an_interrupted_fill_leaves_nothing(
    database_url: str, interrupt: Callable[[], None], raised: type[BaseException]
) -> None:
    def halfway(table: TableRows) -> Iterator[Row]:
        for place, row in enumerate(table.rows):
            if place == table.count // 2:
                interrupt()
            yield row

    tables = [
        replace(table, rows=halfway(table)) if table.table == "chat_messages" else table
        for table in TABLES
    ]
    with pytest.raises(raised):
        asyncio.run(fill(database_url, tables, progress=nullcontext(RecordedProgress())))
    assert counts(database_url) == EMPTY

    asyncio.run(fill(database_url, TABLES, progress=nullcontext(RecordedProgress())))
    assert counts(database_url) == FILLED
