"""The bench profile: how much of what, and that it hangs together."""

import asyncio
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest

from perf.dataset.bench.tables import BenchSizes, bench_tables
from perf.dataset.fill import fill
from perf.dataset.texts import questions, replies
from tests.fixtures.stores.postgres import new_database
from tests.perf.dataset.progress import RecordedProgress
from tests.perf.dataset.queries import EMPTY, counts, fetch

NOW = datetime(2026, 2, 20, 9, 30, tzinfo=UTC)
SMALL = BenchSizes(
    users=400,
    conversations_per_user=10,
    users_with_messages=30,
    exchanges_per_conversation=4,
    accounts=4,
    usage_days=40,
)
"""Enough for each kind of row to occur."""


@pytest.fixture(scope="module")
def filled(postgres: str, template: str) -> Iterator[str]:
    """The small bench profile in a database; for tests that only read."""
    with new_database(postgres, template) as url:
        asyncio.run(fill(url, bench_tables(SMALL, NOW), progress=nullcontext(RecordedProgress())))
        yield url


def test_the_profile_has_what_the_contract_says() -> None:
    assert {table.table: table.count for table in bench_tables(BenchSizes(), NOW)} == {
        "users": 10_000,
        "user_subscriptions": 10_000,
        "daily_quota_usages": 3_822,
        "quota_ledger_entries": 3_822,
        "chat_conversations": 500_000,
        "chat_messages": 2_000_000,
        "user_privacy_requests": 30_000,
        "enterprise_accounts": 20,
        "enterprise_daily_usages": 8_000,
    }


def test_a_small_profile_fills_as_many_rows_as_it_announces(filled: str) -> None:
    announced = {table.table: table.count for table in bench_tables(SMALL, NOW)}
    assert announced["chat_messages"] == 30 * 10 * 4 * 2
    assert announced["user_privacy_requests"] == 400 * 3
    assert counts(filled) == EMPTY | announced


def test_the_rows_are_the_same_each_time() -> None:
    once, again = ([tuple(table.rows) for table in bench_tables(SMALL, NOW)] for _ in range(2))
    assert once == again


def test_a_conversation_was_changed_when_its_newest_message_came(filled: str) -> None:
    rows = fetch(
        filled,
        "SELECT updated_at, max(chat_messages.created_at) AS newest, "
        "min(chat_messages.created_at) - chat_conversations.created_at AS silence "
        "FROM chat_conversations JOIN chat_messages ON conversation_id = chat_conversations.id "
        "GROUP BY chat_conversations.user_id, chat_conversations.id",
    )
    assert len(rows) == 30 * 10
    assert all(row["newest"] == row["updated_at"] for row in rows)
    assert all(row["silence"] > timedelta() for row in rows)


def test_people_and_the_model_take_turns(filled: str) -> None:
    rows = fetch(
        filled,
        "SELECT string_agg(left(role, 1), '' ORDER BY created_at, id) AS turns, "
        "bool_and((role = 'assistant') = (num_nulls(model, attempts, prompt_tokens, "
        "completion_tokens, latency_ms) = 0)) AS is_whole FROM chat_messages "
        "GROUP BY conversation_id",
    )
    assert {(row["turns"], row["is_whole"]) for row in rows} == {("uauauaua", True)}


def test_conversations_are_spread_over_the_past_year(filled: str) -> None:
    ((archived, oldest, newest, same),) = fetch(
        filled,
        "SELECT count(*) FILTER (WHERE status = 'archived'), min(updated_at), max(updated_at), "
        "count(*) - count(DISTINCT (user_id, updated_at)) FROM chat_conversations",
    )
    assert archived == pytest.approx(0.2 * 4_000, rel=0.1)
    assert same == pytest.approx(0.09 * 4_000, rel=0.2)
    assert NOW - timedelta(days=365) <= oldest < NOW - timedelta(days=360)
    assert NOW - timedelta(days=5) < newest <= NOW


def test_quotas_are_used_within_their_limits(filled: str) -> None:
    rows = fetch(
        filled,
        "SELECT status, usage_date, used BETWEEN 1 AND daily_message_limit AS is_within "
        "FROM daily_quota_usages JOIN user_subscriptions USING (user_id) "
        "JOIN billing_plans ON code = plan_code",
    )
    assert {tuple(row) for row in rows} == {("active", NOW.date(), True)}


def test_subscriptions_are_mostly_active_and_of_both_plans(filled: str) -> None:
    rows = fetch(filled, "SELECT plan_code, status, count(*) FROM user_subscriptions GROUP BY 1, 2")
    found = {(plan, status): count for plan, status, count in rows}
    assert {status for _, status in found} == {"active", "pending", "failed", "inactive"}
    assert found["basic-entry", "active"] > 150
    assert found["premium-unlimited", "active"] > 150


def test_no_privacy_request_is_due_yet(filled: str) -> None:
    rows = fetch(
        filled,
        "SELECT request_kind, scheduled_for FROM user_privacy_requests "
        "WHERE status IN ('requested', 'processing')",
    )
    assert {tuple(row) for row in rows} == {("delete", NOW + timedelta(days=14))}


def test_each_company_has_every_day_until_today_and_an_administrator(filled: str) -> None:
    rows = fetch(
        filled,
        "SELECT enterprise_account_id, administrator_id, count(*), min(usage_date), "
        "max(usage_date) FROM enterprise_daily_usages "
        "JOIN enterprise_accounts ON enterprise_accounts.id = enterprise_account_id "
        "GROUP BY 1, 2 ORDER BY 1",
    )
    first = NOW.date() - timedelta(days=39)
    assert [tuple(row) for row in rows] == [(n, n, 40, first, NOW.date()) for n in range(1, 5)]


def test_texts_have_realistic_lengths() -> None:
    lengths = [len(text) for text in (*questions(), *replies())]
    assert 250 <= median(lengths) <= 350
    assert max(lengths) == 4_000
    assert min(lengths) > 0
