"""Erasures: complete, verified, and the same however often they are interrupted."""

import asyncio
from pathlib import Path

import pytest

from db.queries.privacy import request_processing
from db.tables.lookups import LOOKUPS
from services.privacy.operator_actions import retry_erasure
from services.privacy.rules import MOST_ATTEMPTS
from services.quota.ledger import differing_days
from tests.fixtures.stores.postgres import everything, run
from tests.fixtures.stores.world import ADA, GRACE, NOW
from tests.services.privacy.archives import names_in
from tests.services.privacy.erasures import TAKE_AGAIN, prepare
from tests.services.privacy.privacy_instances import (
    LATER,
    Crash,
    CrashAt,
    Instance,
    instance,
)

WHAT_IS_ERASED = {
    "audit_events": 4,
    "enterprise_audit_events": 1,
    "billing_payment_attempts": 1,
    "billing_plan_changes": 1,
    "billing_webhook_events": 1,
    "chat_branches": 2,
    "chat_conversation_tags": 1,
    "chat_conversation_keys": 1,
    "chat_conversations": 45,
    "chat_message_feedback": 1,
    "chat_message_keys": 1,
    "chat_message_searches": 1,
    "chat_messages": 162,
    "chat_messages_to_index": 162,
    "generation_parts": 2,
    "model_daily_usages": 1,
    "daily_quota_usages": 2,
    "enterprise_accounts": 1,
    "idempotency_keys": 2,
    "privacy_exports": 1,
    "quota_ledger_entries": 2,
    "user_invoice_lines": 1,
    "user_invoices": 1,
    "user_privacy_requests": 6,
    "user_subscriptions": 2,
    "users": 1,
}
"""Of Ada, with riches, an export and the request for erasure: rows deleted or anonymised."""


async def receipt(parts: Instance, request: int) -> dict[str, int]:
    rows = await parts.rows("SELECT * FROM archived_erasure_counts WHERE request_id = $1", request)
    return {row["table_name"]: row["row_count"] for row in rows}


async def test_nothing_is_left_of_a_person_and_everything_of_others(
    own_world: str, tmp_path: Path
) -> None:
    request = await prepare(own_world, tmp_path)
    before = await everything(own_world)
    async with instance(own_world, tmp_path, clock=lambda: LATER) as parts:
        assert await parts.erase() == 1
        row = await parts.request(request)
        assert (row["status"], row["completed_at"]) == ("completed", LATER)
        assert (row["user_id"], row["remaining_references"]) == (None, 0)
        assert row["verified_at"] == LATER
        assert await receipt(parts, request) == WHAT_IS_ERASED
        assert not names_in(tmp_path)
        assert parts.forgotten == [ADA, ADA]
        async with parts.database.read() as connection:
            assert await differing_days(connection) == []
    after = await everything(own_world)
    graces = "about ada@example.com"
    texts = [text for rows in after.values() for text in rows if "ada@" in text]
    assert [graces in text for text in texts] == [True], "only what Grace wrote"
    assert not [text for text in after["users"] if text.startswith(f"({ADA},")]
    lookups = {lookup.name for lookup in LOOKUPS}
    for table, rows in before.items():
        if table in lookups:
            continue  # they go with what they lead to
        untouched = set(rows) & set(after[table])
        assert len(rows) - len(untouched) == WHAT_IS_ERASED.get(table, 0), table


async def test_the_books_are_kept_without_the_person(own_world: str, tmp_path: Path) -> None:
    await prepare(own_world, tmp_path)
    async with instance(own_world, tmp_path, clock=lambda: LATER) as parts:
        await parts.erase()
        (payment,) = await parts.rows("SELECT * FROM archived_payment_attempts")
        assert {"user_id", "payment_method_token", "idempotency_key"}.isdisjoint(payment.keys())
        assert (payment["amount_cents"], payment["status"]) == (2000, "succeeded")
        assert (payment["id"], payment["provider_reference"]) == (1, "r1")
        statuses = await parts.rows("SELECT status FROM archived_subscriptions")
        assert [row["status"] for row in statuses] == ["inactive"] * 2
        (company,) = await parts.rows("SELECT * FROM enterprise_accounts WHERE id = 1")
        assert (company["company_name"], company["administrator_id"]) == (
            "Analytical Engines",
            None,
        )
        seen = await parts.rows(
            "SELECT actor_id, user_id, subject, details FROM audit_events "
            "WHERE action = 'looked.at'"
        )
        assert [tuple(row) for row in seen] == [
            (None, GRACE, "user:2", '{"email": "grace@example.com"}')
        ]
        trail = await parts.rows(
            "SELECT actor_id, subject, details FROM enterprise_audit_events ORDER BY id"
        )
        assert [tuple(row) for row in trail] == [
            (None, "enterprise_credential:1", '{"of": "company"}'),
            (ADA, "account", "{}"),
        ], "an API key with the number of a person is not that person"


async def test_an_erasure_waits_for_its_time(own_world: str, tmp_path: Path) -> None:
    request = await prepare(own_world, tmp_path)
    async with instance(own_world, tmp_path) as parts:
        assert await parts.erase() == 0
        assert (await parts.request(request))["status"] == "requested"
        await parts.service.cancel(ADA, request, request_id="r")
    async with instance(own_world, tmp_path, clock=lambda: LATER) as parts:
        assert await parts.erase() == 0
        assert (await parts.request(request))["status"] == "cancelled"
        assert await parts.value("SELECT count(*) FROM chat_messages") == 163


async def test_it_converges_where_the_process_dies(own_world: str, tmp_path: Path) -> None:
    assert await crashes_until_done(own_world, tmp_path, every=7) > 7


@pytest.mark.slow
async def test_it_converges_wherever_the_process_dies(own_world: str, tmp_path: Path) -> None:
    assert await crashes_until_done(own_world, tmp_path, every=1) > 50


async def crashes_until_done(url: str, folder: Path, *, every: int) -> int:
    """How often the process died, each time so many statements later, before all was erased."""
    request = await prepare(url, folder)
    await run(url, "UPDATE user_privacy_requests SET attempts = -1000")
    crashes, is_done = 0, False
    while not is_done:
        observe = CrashAt(1 + crashes * every)
        async with instance(url, folder, observe=observe, clock=lambda: LATER) as dying:
            try:
                await dying.erase()
                is_done = True
            except Crash:
                crashes += 1
        await run(url, TAKE_AGAIN)
    async with instance(url, folder) as parts:
        row = await parts.request(request)
        assert (row["status"], row["remaining_references"]) == ("completed", 0)
        assert await receipt(parts, request) == WHAT_IS_ERASED
        assert not names_in(folder)
    return crashes


async def test_two_processes_erase_each_person_once(own_world: str, tmp_path: Path) -> None:
    people = """
    DELETE FROM user_privacy_requests;
    INSERT INTO users (id, email) SELECT 100 + i, i || '@example.com' FROM generate_series(1, 50) i;
    INSERT INTO chat_conversations (user_id, title)
      SELECT 100 + i, 'T' FROM generate_series(1, 50) i;
    INSERT INTO user_privacy_requests (user_id, request_kind, scheduled_for)
      SELECT 100 + i, 'delete', '2026-02-20' FROM generate_series(1, 50) i;
    """

    await run(own_world, people)
    async with instance(own_world, tmp_path) as one, instance(own_world, tmp_path) as other:
        counts = await asyncio.gather(one.erase(), other.erase(), other.erase())
        assert sum(counts) == 50
        rows = await one.rows("SELECT status FROM archived_privacy_requests")
        assert [row["status"] for row in rows] == ["completed"] * 50
        assert await one.value("SELECT count(*) FROM users") == 5
        counted = (
            "SELECT table_name, row_count, count(*) FROM archived_erasure_counts GROUP BY 1, 2"
        )
        assert {tuple(row) for row in await one.rows(counted)} == {
            ("chat_conversations", 1, 50),
            ("user_privacy_requests", 1, 50),
            ("users", 1, 50),
        }


PLANTED = {
    "an address in the details of the system's own": (
        "INSERT INTO general_audit_events (id, actor_kind, action, subject, details) "
        "VALUES (-1, 'system', 'a', 's', '{\"to\": \"Ada@Example.com\"}')"
    ),
    "an id in a text": (
        "INSERT INTO general_audit_events (id, actor_kind, action, subject) "
        "VALUES (-1, 'system', 'a', 'user:1')"
    ),
    "an address in what is kept of a payment": (
        "UPDATE billing_payment_attempts SET failure_reason = 'no card of ada@example.com' "
        "WHERE id = 1"
    ),
    "an address in what came of another person's key": (
        'UPDATE idempotency_keys SET result = \'{"to": "ada@example.com"}\' WHERE user_id = 2'
    ),
}


@pytest.mark.parametrize("plant", PLANTED.values(), ids=list(PLANTED))
async def test_what_still_identifies_the_person_keeps_it_from_completing(
    own_world: str, tmp_path: Path, plant: str, capfd: pytest.CaptureFixture[str]
) -> None:
    request = await prepare(own_world, tmp_path)
    await run(own_world, plant)
    await run(own_world, f"UPDATE user_privacy_requests SET attempts = {MOST_ATTEMPTS - 1}")
    async with instance(own_world, tmp_path, clock=lambda: LATER) as parts:
        await parts.erase()
        row = await parts.request(request)
        assert (row["status"], row["error_reason"]) == ("failed", "still_identified")
        assert row["user_id"] == ADA, "nothing of the last transaction is kept"
        assert row["verified_at"] is None
        assert await parts.value("SELECT count(*) FROM users WHERE id = 1") == 1
        async with parts.database.read() as connection:
            owed = {
                (o["request_kind"], o["status"])
                for o in await request_processing.owed(connection, NOW)
            }
        assert ("delete", "failed") in owed, "it is still owed"

        await run(own_world, "DELETE FROM general_audit_events WHERE actor_kind = 'system'")
        await run(own_world, "UPDATE archived_payment_attempts SET failure_reason = NULL")
        await run(own_world, "DELETE FROM idempotency_keys WHERE user_id = 2")
        assert await retry_erasure(parts.database, request, lambda: LATER)
        assert not await retry_erasure(parts.database, request, lambda: LATER)
        assert await parts.erase() == 1
        assert (await parts.request(request))["status"] == "completed"
    logged = "".join(capfd.readouterr())
    assert "rows left: 1 in " in logged
    assert "example.com" not in logged.lower()


async def test_a_column_that_nobody_classified_keeps_everything_where_it_is(
    own_world: str, tmp_path: Path
) -> None:
    request = await prepare(own_world, tmp_path)
    await run(own_world, "ALTER TABLE users ADD COLUMN nickname text")
    async with instance(own_world, tmp_path, clock=lambda: LATER) as parts:
        await parts.erase()
        row = await parts.request(request)
        assert (row["status"], row["attempts"]) == ("processing", 1)
        assert await receipt(parts, request) == {}
        await run(own_world, "ALTER TABLE users DROP COLUMN nickname")
        await run(own_world, TAKE_AGAIN)
        await parts.erase()
        assert (await parts.request(request))["status"] == "completed"
