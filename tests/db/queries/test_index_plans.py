"""Each critical read is served by its index: no sequential scan, no sort."""

import os
import re
from datetime import UTC, date, datetime
from importlib import import_module
from pkgutil import walk_packages
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

import db.queries
from db.page import Filter, Page, Position, filter_by
from db.queries import users
from db.queries.billing import payment_checks, subscriptions
from db.queries.chat import conversation_tags, conversations, messages, quota, siblings
from db.queries.clauses.reply_leases import ReplyLeases
from db.queries.enterprise import enterprise_accounts
from db.queries.privacy import privacy_requests, request_processing
from db.statement import Statement
from perf.gate.plans.explain import Plan, custom_plan, generic_plan, nodes, scans, sorts
from perf.gate.plans.plan_checker import SMALL_TABLES
from tests.fixtures.stores.postgres import PARTITIONS

pytestmark = pytest.mark.skipif(
    PARTITIONS in os.environ,
    reason="of a part of the rows the planner may read all; `guidance bench growth` has enough",
)
AT = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = Position(AT, 1_000)


class Capture:
    """Stands where a connection stands, and keeps what it is asked to run."""

    statement: Statement
    values: dict[str, Any]

    async def fetch(self, statement: Statement, **values: Any) -> list[asyncpg.Record]:
        self.statement, self.values = statement, values
        return []


Read = Any  # A coroutine function of a connection.


def page(query: Any, filter_: Filter | None = None, *, parent: int = 300, **bounds: Any) -> Read:
    """Read a page of twenty of one parent, a person or a conversation of the first person's."""
    shown = Page(size=20, **bounds)
    return lambda connection: query.fetch(connection, [parent], shown, filter_, owner_id=1)


BOUNDS: list[dict[str, Any]] = [
    {},
    {"is_backward": True},
    {"after": PLACE},
    {"before": PLACE},
]
BY_CHANGE = "ix_chat_conversations_user_id_updated_at_id"
BY_STATUS = "ix_chat_conversations_user_id_status_updated_at_id"
OF_CONVERSATION = "ix_chat_messages_conversation_id_branch_created_at_id"
BY_PIN = "ix_chat_conversations_pinned"
BY_TAG = "ix_chat_conversation_tags_by_tag"
ACTIVE, PINNED = filter_by(status="active"), filter_by(is_pinned=True)
THROUGH = filter_by(branch=29_500)
TAGGED = filter_by(tag="tag 3", is_not_pinned=True)
BY_REQUEST = "ix_user_privacy_requests_user_id_requested_at_id"
BY_KIND = "ix_user_privacy_requests_user_id_request_kind_requested_at_id"
OF_ACCOUNT = "ix_enterprise_daily_usages_enterprise_account_id_usage_date"
READS_ALL = re.compile(
    r"privacy\.(export_|erase_|search_|catalogue$|revoke_archives$)|quota\.differences$"
    r"|schema\.indexes$|invoices\.audit_|restored_people\.(incarnation|returned)$"
)
"""What looks at everything on purpose: for an export, an erasure or a check."""
EMPTY = {
    "alembic_version",
    "billing_customers",
    "archived_payment_attempts",
    "archived_plan_changes",
    "archived_subscriptions",
    "billing_webhook_events",
    "enterprise_billing_terms",
    "enterprise_meter_events",
    "enterprise_payments",
    "invoice_counters",
    "privacy_erasure_counts",
    "reply_generations",
    "trusted_document_objectives",
    "trusted_document_publications",
    "trusted_document_tools",
    "trusted_document_uses",
    "trusted_document_version",
    "trusted_documents",
    "unknown_documents",
}
DAYS = date(2025, 6, 1), date(2025, 6, 30)
READS: list[tuple[str, Read]] = [
    *((BY_CHANGE, page(conversations.PAGE_BY_USER, **bounds)) for bounds in BOUNDS),
    *((BY_STATUS, page(conversations.PAGE_BY_USER, ACTIVE, **bounds)) for bounds in BOUNDS),
    *(
        (OF_CONVERSATION, page(messages.PAGE_BY_CONVERSATION, parent=30, **bounds))
        for bounds in BOUNDS
    ),
    *(
        (OF_CONVERSATION, page(messages.PAGE_BY_CONVERSATION, THROUGH, parent=30, **bounds))
        for bounds in BOUNDS
    ),
    *((BY_PIN, page(conversations.PAGE_BY_USER, PINNED, parent=20, **bounds)) for bounds in BOUNDS),
    *(
        (BY_TAG, page(conversation_tags.PAGE_BY_TAG, TAGGED, parent=20, **bounds))
        for bounds in BOUNDS
    ),
    (BY_TAG, lambda connection: conversation_tags.of_user(connection, 20)),
    (OF_CONVERSATION, lambda connection: messages.path_to(connection, 1, 30, 29_500, 24)),
    (OF_CONVERSATION, lambda connection: siblings.parents(connection, [29_500], 1)),
    (OF_CONVERSATION, lambda connection: siblings.sibling_places(connection, [29_500], 1)),
    *((BY_REQUEST, page(privacy_requests.REQUESTS_PAGE_BY_USER, **bounds)) for bounds in BOUNDS),
    *(
        (BY_KIND, page(privacy_requests.REQUESTS_PAGE_BY_USER, filter_by(kind="export"), **bounds))
        for bounds in BOUNDS
    ),
    (
        "ix_user_subscriptions_user_id_updated_at_id",
        lambda connection: subscriptions.current_subscription_by_user(connection, [300]),
    ),
    (
        "ix_billing_payment_attempts_pending",
        lambda connection: payment_checks.claim_overdue(connection, 30),
    ),
    (
        "ix_billing_payment_attempts_waiting",
        lambda connection: payment_checks.claim_expired(connection, 30, AT),
    ),
    ("ix_user_subscriptions_due", lambda connection: subscriptions.due(connection, AT, 100)),
    (
        "ix_user_privacy_requests_owed",
        lambda connection: request_processing.claim(
            connection, "export", uuid4(), lease_seconds=60, now=AT
        ),
    ),
    # Both of its partial indexes are small: the planner takes the one of what is under way.
    ("uq_user_privacy_requests_under_way", users.under_erasure),
    (
        OF_ACCOUNT,
        lambda connection: enterprise_accounts.usage_totals_by_account(connection, [7], *DAYS),
    ),
    (
        OF_ACCOUNT,
        lambda connection: enterprise_accounts.daily_usage_by_account(connection, [7], *DAYS),
    ),
    (OF_CONVERSATION, lambda connection: messages.count_by_conversation(connection, [30], 1)),
    ("pk_daily_quota_usages", lambda connection: quota.used_by_user(connection, [300], DAYS[0])),
    ("pk_chat_conversations", lambda connection: conversations.by_id(connection, [300], 5)),
    ("pk_chat_messages", lambda connection: messages.by_id(connection, [300], 5)),
]

# So few are due here that the planner sorts what two indexes together find.
SORTED_WHERE_FEW = {"ix_user_subscriptions_due"}


@pytest.mark.parametrize(
    ("index", "read"), READS, ids=[f"{n}-{i}" for n, (i, _) in enumerate(READS)]
)
async def test_a_critical_read_is_served_by_its_index(
    unchanged_crowd: str, index: str, read: Read
) -> None:
    custom, generic = await _plans(unchanged_crowd, read)
    for plan in (custom, generic):
        assert scans(plan) <= SMALL_TABLES
        assert index in SORTED_WHERE_FEW or sorts(plan) == set(), plan
    assert index in {node.get("Index Name") for node in nodes(custom)}


async def test_a_generic_plan_is_for_any_value_and_a_custom_one_for_these(
    unchanged_crowd: str,
) -> None:
    custom, generic = await _plans(
        unchanged_crowd, lambda connection: messages.path_to(connection, 1, 30, 5, 5)
    )
    assert ("$1" in str(custom), "$1" in str(generic)) == (False, True)


async def test_no_statement_reads_a_large_table_whole(unchanged_crowd: str) -> None:
    statements = [one for one in _statements() if not READS_ALL.match(one.name)]
    assert len(statements) > 100
    plans = await _generic_plans(unchanged_crowd, statements)
    whole = {
        statement.name: scans(plan)
        for statement, plan in zip(statements, plans, strict=True)
        if scans(plan) - SMALL_TABLES - EMPTY
    }
    assert whole == {}, "each needs an index in db/tables that serves its condition"


def _statements() -> list[Statement]:
    """Every statement there is but those of pages, which are read above."""
    found = walk_packages(db.queries.__path__, "db.queries.")
    modules = [import_module(module.name) for module in found]
    held = [one for module in modules for one in vars(module).values()]
    held += [one for kept in held if isinstance(kept, dict) for one in kept.values()]
    held += [one for kept in held if isinstance(kept, ReplyLeases) for one in kept.statements]
    return [one for one in held if isinstance(one, Statement)]


async def _generic_plans(url: str, statements: list[Statement]) -> list[Plan]:
    connection = await asyncpg.connect(url)
    try:
        return [await generic_plan(connection, one, _parameters(one)) for one in statements]
    finally:
        await connection.close()


def _parameters(statement: Statement) -> int:
    return max(map(int, re.findall(r"\$(\d+)", statement.sql)), default=0)


async def _plans(url: str, read: Read) -> tuple[Plan, Plan]:
    captured = Capture()
    await read(captured)
    statement, arguments = captured.statement, captured.statement.arguments(captured.values)
    connection = await asyncpg.connect(url)
    try:
        return (
            await custom_plan(connection, statement, arguments),
            await generic_plan(connection, statement, len(arguments)),
        )
    finally:
        await connection.close()
