"""Each critical read is served by its index: no sequential scan, no sort."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import orjson
import pytest

from db.keyset import Page, Position
from db.queries import (
    billing,
    conversations,
    enterprise,
    messages,
    payments,
    privacy,
    privacy_work,
    quota,
    users,
)
from db.statement import Statement
from tests.fixtures.postgres import new_database

AT = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = Position(AT, 1_000)
FILL = """
INSERT INTO users (email) SELECT i || '@example.com' FROM generate_series(1, 2000) i;
INSERT INTO chat_conversations (user_id, title, status, updated_at)
  SELECT u, 'Title', CASE c % 5 WHEN 0 THEN 'archived' ELSE 'active' END,
         '2025-12-12'::timestamptz + (u * c % 977) * interval '1 hour'
  FROM generate_series(1, 1000) u, generate_series(1, 150) c;
INSERT INTO chat_messages (conversation_id, role, content, created_at)
  SELECT c, 'user', 'Text', '2025-12-28'::timestamptz + m * interval '1 hour'
  FROM generate_series(1, 1000) c, generate_series(1, 200) m;
INSERT INTO user_subscriptions (user_id, plan_code, status, updated_at)
  SELECT u, 'basic-entry', 'inactive', '2026-01-01'::timestamptz + s * interval '1 day'
  FROM generate_series(1, 2000) u, generate_series(1, 5) s;
INSERT INTO billing_payment_attempts (user_id, subscription_id, plan_code, status, amount_cents,
  currency, idempotency_key, provider_key, next_check_at)
  SELECT user_id, id, plan_code, CASE id % 100 WHEN 0 THEN 'pending' ELSE 'succeeded' END, 500,
         'EUR', id::text, id::text, '2026-01-01'::timestamptz + id * interval '1 minute'
  FROM user_subscriptions;
INSERT INTO user_privacy_requests (user_id, request_kind, status, requested_at)
  SELECT u, CASE r % 2 WHEN 0 THEN 'export' ELSE 'delete' END, 'cancelled',
         '2025-12-29'::timestamptz + r * interval '1 hour'
  FROM generate_series(1, 1000) u, generate_series(1, 150) r;
INSERT INTO user_privacy_requests (user_id, request_kind, requested_at)
  SELECT u, 'export', '2026-01-01' FROM generate_series(1, 20) u;
INSERT INTO enterprise_accounts (company_name, administrator_id)
  SELECT 'Company', a FROM generate_series(1, 100) a;
INSERT INTO enterprise_daily_usages (enterprise_account_id, usage_date, request_count)
  SELECT a, '2025-01-01'::date + d, d FROM generate_series(1, 100) a, generate_series(0, 399) d;
INSERT INTO daily_quota_usages (user_id, usage_date, used)
  SELECT u, '2026-01-01'::date + d, d FROM generate_series(1, 2000) u, generate_series(0, 20) d;
"""


@pytest.fixture(scope="module")
def large(postgres: str, template: str) -> Iterator[str]:
    """A database large enough for the planner to choose."""
    with new_database(postgres, template) as url:
        asyncio.run(_fill(url))
        yield url


async def _fill(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(FILL)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


class Capture:
    """Stands where a connection stands, and keeps what it is asked to run."""

    statement: Statement
    values: dict[str, Any]

    async def fetch(self, statement: Statement, **values: Any) -> list[asyncpg.Record]:
        self.statement, self.values = statement, values
        return []


Read = Any  # A coroutine function of a connection.


def page(query: Any, value: str | None = None, **bounds: Any) -> Read:
    """Read a page of twenty of one parent."""
    return lambda connection: query.fetch(connection, [700], Page(size=20, **bounds), value)


BOUNDS: list[dict[str, Any]] = [
    {},
    {"is_backward": True},
    {"after": PLACE},
    {"before": PLACE},
]
BY_CHANGE = "ix_chat_conversations_user_id_updated_at_id"
BY_STATUS = "ix_chat_conversations_user_id_status_updated_at_id"
OF_CONVERSATION = "ix_chat_messages_conversation_id_created_at_id"
BY_REQUEST = "ix_user_privacy_requests_user_id_requested_at_id"
BY_KIND = "ix_user_privacy_requests_user_id_request_kind_requested_at_id"
OF_ACCOUNT = "ix_enterprise_daily_usages_enterprise_account_id_usage_date"
DAYS = date(2025, 6, 1), date(2025, 6, 30)
READS: list[tuple[str, Read]] = [
    *((BY_CHANGE, page(conversations.PAGE_BY_USER, **bounds)) for bounds in BOUNDS),
    *((BY_STATUS, page(conversations.PAGE_BY_USER, "active", **bounds)) for bounds in BOUNDS),
    *((OF_CONVERSATION, page(messages.PAGE_BY_CONVERSATION, **bounds)) for bounds in BOUNDS),
    *((BY_REQUEST, page(privacy.REQUESTS_PAGE_BY_USER, **bounds)) for bounds in BOUNDS),
    *((BY_KIND, page(privacy.REQUESTS_PAGE_BY_USER, "export", **bounds)) for bounds in BOUNDS),
    (
        "ix_user_subscriptions_user_id_updated_at_id",
        lambda connection: billing.current_subscription_by_user(connection, [700]),
    ),
    (
        "ix_billing_payment_attempts_pending",
        lambda connection: payments.claim_overdue(connection, 30),
    ),
    (
        "ix_user_privacy_requests_owed",
        lambda connection: privacy_work.claim(
            connection, "export", uuid4(), lease_seconds=60, now=AT
        ),
    ),
    ("ix_user_privacy_requests_owed", users.under_erasure),
    (
        OF_ACCOUNT,
        lambda connection: enterprise.usage_totals_by_account(connection, [7], *DAYS),
    ),
    (OF_ACCOUNT, lambda connection: enterprise.daily_usage_by_account(connection, [7], *DAYS)),
    (OF_CONVERSATION, lambda connection: messages.count_by_conversation(connection, [700])),
    ("pk_daily_quota_usages", lambda connection: quota.used_by_user(connection, [700], DAYS[0])),
    ("pk_chat_conversations", lambda connection: conversations.by_id(connection, [700], 5)),
    ("pk_chat_messages", lambda connection: messages.by_id(connection, [700], 5)),
]
SMALL = {"billing_plans"}


@pytest.mark.parametrize(
    ("index", "read"), READS, ids=[f"{n}-{i}" for n, (i, _) in enumerate(READS)]
)
@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
def test_a_critical_read_is_served_by_its_index(
    large: str, index: str, read: Read, mode: str
) -> None:
    nodes = list(_nodes(asyncio.run(_plan(large, read, mode))))
    scans = [
        node
        for node in nodes
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] not in SMALL
    ]
    assert scans == []
    assert {"Sort", "Incremental Sort"}.isdisjoint(node["Node Type"] for node in nodes), nodes[0]
    assert index in {node.get("Index Name") for node in nodes}


async def _plan(url: str, read: Read, mode: str) -> dict[str, Any]:
    captured = Capture()
    await read(captured)
    arguments = captured.statement.arguments(captured.values)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"SET plan_cache_mode = {mode}")
        explained = await connection.fetchval(
            f"EXPLAIN (FORMAT JSON) {captured.statement.sql}", *arguments
        )
    finally:
        await connection.close()
    plan: dict[str, Any] = orjson.loads(explained)[0]["Plan"]
    return plan


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)
