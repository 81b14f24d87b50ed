"""Whose words they are: what others say of a person is no trace that the system has left."""

from itertools import cycle
from pathlib import Path

from sqlalchemy import Text

from db.personal.registry import MIGRATIONS, REGISTRY
from db.personal.vocabulary import Author
from db.queries.privacy import erasure_verification
from db.tables import Table
from services.privacy.rules import identifying_pattern
from tests.fixtures.stores.postgres import run
from tests.fixtures.stores.world import ADA, GRACE
from tests.services.privacy.erasures import prepare
from tests.services.privacy.privacy_instances import LATER, Instance, enrich, instance

WORDS = "ada@example.com user:1 vxnlcjox"
"""All that could be taken for a trace of Ada; the last is her id as the API has it."""
INVOICE = (
    "number, source, status, currency, subtotal_cents, tax_cents, total_cents, line_count, "
    "issued_at"
)
FIVE_CENTS = "'INV-2026-1', 'payment:1', 'paid', 'EUR', 5, 0, 5, 1, now()"
LINE, FIVE_CENTS_LINE = (
    "invoice_id, line_number, kind, quantity, amount_cents, description",
    "1, 'period', 1, 5",
)
_PLACE = "(tableoid::regclass::text || ctid::text)"
"""Where a row is: two partitions have rows at the same place."""
OTHERS = f"""
INSERT INTO users (id, email) VALUES (77, '{WORDS}@example.org');
INSERT INTO chat_conversations (id, user_id, title) VALUES (7700, 77, '{WORDS}');
INSERT INTO chat_conversation_tags (user_id, conversation_id, tag, updated_at)
  VALUES (77, 7700, '{WORDS}', now());
INSERT INTO chat_messages (id, user_id, conversation_id, role, content, model, attempts)
  VALUES (7703, 77, 7700, 'assistant', '{WORDS}', '{WORDS}', 1);
INSERT INTO reply_generations
  (reply_id, conversation_id, user_id, usage_date, owner, lease_expires_at, models)
  VALUES (7703, 7700, 77, now(), gen_random_uuid(), now(), ARRAY['{WORDS}']);
INSERT INTO trusted_document_tools VALUES ('{WORDS}', '{WORDS}', 1, 1, 1, 1, 1, 1);
INSERT INTO generation_parts (user_id, reply_id, part_number, model, start_offset, currency)
  VALUES (77, 7703, 1, '{WORDS}', 0, '{WORDS}');
INSERT INTO chat_message_feedback (user_id, message_id, rating, comment, created_at)
  SELECT user_id, id, 'up', '{WORDS}', created_at FROM chat_messages WHERE id = 7703;
INSERT INTO model_daily_feedback (day, model, shard, up) VALUES (now(), '{WORDS}', 1, 1);
INSERT INTO model_daily_usages (user_id, usage_date, model, currency)
  VALUES (77, now(), '{WORDS}', '{WORDS}');
INSERT INTO model_daily_totals (shard, usage_date, model, currency)
  VALUES (1, now(), '{WORDS}', '{WORDS}');
INSERT INTO enterprise_model_daily_usages (enterprise_account_id, usage_date, model, currency)
  VALUES (2, now(), '{WORDS}', '{WORDS}');
INSERT INTO chat_conversation_keys VALUES (77, '{WORDS}', 7700);
INSERT INTO chat_message_keys SELECT user_id, conversation_id, '{WORDS}', id FROM chat_messages
  WHERE conversation_id = 7700;
INSERT INTO idempotency_keys (user_id, key, fingerprint) VALUES (77, '{WORDS}', sha256('x'));
INSERT INTO enterprise_idempotency_keys (enterprise_account_id, key, fingerprint)
  VALUES (2, '{WORDS}', sha256('x'));
INSERT INTO billing_plans (code, display_name, monthly_price_cents, currency, daily_message_limit,
    is_on_sale, models)
  VALUES ('{WORDS}', '{WORDS}', 1, 'EUR', 1, false, ARRAY['{WORDS}']);
INSERT INTO user_subscriptions (id, user_id, plan_code, status)
  VALUES (7701, 77, '{WORDS}', 'failed');
INSERT INTO billing_payment_attempts (id, user_id, subscription_id, plan_code, status, amount_cents,
    currency, idempotency_key, provider_key, provider_reference, payment_method_token)
  VALUES (7702, 77, 7701, '{WORDS}', 'pending', 1, 'EUR', '{WORDS}', 'p77', '{WORDS}', '{WORDS}');
INSERT INTO billing_webhook_events (id, user_id, payment_attempt_id, occurred_at)
  VALUES ('{WORDS}', 77, 7702, now()), ('{WORDS} of nobody', NULL, NULL, now());
INSERT INTO archived_payment_attempts (id, subscription_id, plan_code, status, amount_cents,
    currency, provider_key, provider_reference, created_at, updated_at, next_check_at, checks, kind)
  VALUES (7703, 7704, '{WORDS}', 'failed', 1, 'EUR', 'p78', '{WORDS}', now(), now(), now(), 1,
    'checkout');
INSERT INTO billing_customers (user_id, customer, payment_method)
  VALUES (77, '{WORDS}', '{WORDS}');
INSERT INTO billing_plan_changes (user_id, subscription_id, from_plan_code, to_plan_code,
    idempotency_key)
  VALUES (77, 7701, 'basic-entry', '{WORDS}', '{WORDS}');
UPDATE enterprise_accounts SET company_name = '{WORDS}' WHERE id = 2;
INSERT INTO enterprise_generations (id, enterprise_account_id, credential_id, usage_date,
    is_overage, status, owner, lease_expires_at, content, model, question)
  VALUES (7704, 2, 4, now(), false, 'complete', gen_random_uuid(), now(), '{WORDS}', '{WORDS}',
    '["{WORDS}"]');
INSERT INTO enterprise_generation_parts
  (enterprise_account_id, reply_id, part_number, model, start_offset, currency)
  VALUES (2, 7704, 1, '{WORDS}', 0, '{WORDS}');
INSERT INTO user_invoices (user_id, id, {INVOICE}, seller, recipient)
  VALUES (77, 7708, {FIVE_CENTS}, '{WORDS}', '{WORDS}');
INSERT INTO user_invoice_lines (user_id, {LINE}) VALUES (77, 7708, {FIVE_CENTS_LINE}, '{WORDS}');
INSERT INTO archived_invoices (id, {INVOICE}, seller) VALUES (7709, {FIVE_CENTS}, '{WORDS}');
INSERT INTO archived_invoice_lines ({LINE}) VALUES (7709, {FIVE_CENTS_LINE}, '{WORDS}');
INSERT INTO enterprise_invoices (enterprise_account_id, id, {INVOICE}, seller, recipient)
  VALUES (2, 7710, {FIVE_CENTS}, '{WORDS}', '{WORDS}');
INSERT INTO enterprise_invoice_lines (enterprise_account_id, {LINE})
  VALUES (2, 7710, {FIVE_CENTS_LINE}, '{WORDS}');
INSERT INTO enterprise_billing_terms
  VALUES (2, 'EUR', 1, 1, '{WORDS}', '{WORDS}', '2026-01-01', '2026-01-01');
INSERT INTO enterprise_payments (enterprise_account_id, invoice_id, attempt, amount_cents, currency,
    provider_reference, created_at, next_check_at)
  VALUES (2, 7710, 1, 5, 'EUR', '{WORDS}', now(), now());
INSERT INTO trusted_documents VALUES (sha256('x'), '{WORDS}');
INSERT INTO trusted_document_publications (client_name, sha256, operation_name, document_id, cost)
  VALUES ('{WORDS}', sha256('x'), '{WORDS}', '{WORDS}', 1);
INSERT INTO trusted_document_objectives VALUES ('{WORDS}', '{WORDS}', 1, 1);
INSERT INTO trusted_document_uses VALUES (sha256('x'), '{WORDS}', 1, now(), now());
INSERT INTO unknown_documents VALUES
  (sha256('x'), '{WORDS}', '{WORDS}', '{WORDS}', 1, 1, now(), now());
INSERT INTO audit_events (actor_kind, actor_id, user_id, action, subject, request_id, details)
  VALUES ('user', 77, 77, 'plan.changed', 'subscription:7701', '{WORDS}', '{{}}');
INSERT INTO enterprise_audit_events
  (actor_kind, actor_id, enterprise_account_id, action, subject, request_id)
  VALUES ('api_key', 4, 2, 'asked', 'account', '{WORDS}');
INSERT INTO general_audit_events (id, actor_kind, action, subject, request_id, details)
  VALUES (-1, 'operator', 'documents.published', 'documents', '{WORDS}',
     '{{"said": {{"client": "{WORDS}"}}}}');
"""
OF_OTHERS = [
    (table.name, one.name)
    for table in REGISTRY
    for one in table.columns
    if one.author not in {None, Author.SYSTEM}
]
LEFT_OUT = [
    f"UPDATE {table} SET {column} = '{WORDS}'"
    f" WHERE {column} IS NULL AND {table}::text LIKE '%{WORDS}%'"
    for table, column in OF_OTHERS
    if isinstance(Table.metadata.tables[table].c[column].type, Text)
]
"""Words in every column of the same rows that may be empty."""
OF_THE_SYSTEM = [
    (table.name, one.name)
    for table in REGISTRY
    for one in table.columns
    if one.author is Author.SYSTEM and table.name != MIGRATIONS
]


async def of_others(parts: Instance) -> dict[tuple[str, str], int]:
    """In how many rows each column that others write has the words."""
    return {
        (table, column): await parts.value(
            f"SELECT count(*) FROM {table} WHERE position('{WORDS}' IN {column}::text) > 0"
        )
        for table, column in OF_OTHERS
    }


async def test_words_of_others_keep_no_erasure_from_completing(
    own_world: str, tmp_path: Path
) -> None:
    request = await prepare(own_world, tmp_path)
    await run(own_world, OTHERS, *LEFT_OUT)
    async with instance(own_world, tmp_path, clock=lambda: LATER) as parts:
        planted = await of_others(parts)
        without = [column for column, count in planted.items() if not count]
        assert without == [], "add rows with words in these columns to OTHERS"
        assert await parts.erase() == 1
        row = await parts.request(request)
        assert (row["status"], row["remaining_references"]) == ("completed", 0)
        assert await of_others(parts) == planted
        said = "SELECT count(*) FROM general_audit_events WHERE details->'said'->>'client' = $1"
        assert await parts.value(said, WORDS) == 1


async def test_what_the_system_wrote_is_searched_everywhere(own_world: str, tmp_path: Path) -> None:
    rows = (
        OTHERS + "INSERT INTO privacy_exports (user_id, request_id, file_name, token_hash, "
        "byte_size, sha256, expires_at) VALUES (2, 10, 'f', sha256('f'), 1, sha256('f'), now());"
        "INSERT INTO privacy_erasure_counts VALUES (10, 'a table', 1, 2);"
        "INSERT INTO archived_erasure_counts VALUES (7705, 'a table', 1);"
        "INSERT INTO archived_privacy_requests (id, request_kind, status, requested_at) "
        "VALUES (7706, 'export', 'failed', now());"
        "INSERT INTO archived_subscriptions (id, plan_code, status, created_at, updated_at, "
        "cancel_at_period_end) VALUES (7707, 'basic-entry', 'failed', now(), now(), false);"
        "INSERT INTO user_privacy_requests (user_id, request_kind, status, error_reason) "
        "VALUES (77, 'export', 'failed', 'unexpected')"
    )
    pattern = identifying_pattern(ADA, "ada@example.com")

    async def left(parts: Instance) -> dict[str, int]:
        async with parts.database.read() as connection:
            return await erasure_verification.remaining(connection, ADA, pattern)

    await enrich(own_world)
    await run(own_world, rows)
    # The database itself refuses to change an invoice.
    for table in ("user", "archived", "enterprise"):
        for part in ("invoices", "invoice_lines"):
            await run(own_world, f"ALTER TABLE {table}_{part} DISABLE TRIGGER USER")
    async with instance(own_world, tmp_path) as parts:
        before = await left(parts)
        # One pattern finds them all, in whichever column.
        several = cycle(("ada@example.com", "user:1", "VXNlcjox"))
        for (table, column), words in zip(OF_THE_SYSTEM, several, strict=False):
            planted = await plant(parts, table, column, words)
            found = await left(parts)
            assert found.get(table, 0) == before.get(table, 0) + 1, (table, column)
            await parts.rows(f"UPDATE {table} SET {column} = $1 WHERE {_PLACE} = $2", *planted)
        assert await left(parts) == before


async def plant(parts: Instance, table: str, column: str, words: str) -> tuple[object, object]:
    """Let the system write words in one row that is not Ada's; what was there, and where."""
    reached = {
        "user_privacy_requests": "user_id = 77",
        "privacy_exports": "request_id = 10",
        "privacy_erasure_counts": "request_id = 10",
        "idempotency_keys": "user_id = 77",
        "enterprise_credentials": "id = 4",
        "billing_payment_attempts": "user_id = 77",
        "user_subscriptions": "user_id = 77",
        "user_invoices": "user_id = 77",
        "user_invoice_lines": "user_id = 77",
        "audit_events": "user_id = 77",
        "enterprise_audit_events": "actor_kind = 'api_key' AND actor_id = 4",
        "payment_provider_keys": "user_id = 77",
        "privacy_export_files": "request_id = 10",
        "enterprise_key_ids": "credential_id = 4",
        "enterprise_idempotency_keys": "enterprise_account_id = 2",
    }.get(table, "true")
    (was,) = await parts.rows(f"SELECT {column} FROM {table} WHERE {reached} LIMIT 1")
    value = f'{{"to": "{words}"}}' if isinstance(was[0], str) and was[0][:1] == "{" else words
    changed = await parts.value(
        f"UPDATE {table} SET {column} = $1 WHERE {_PLACE} = "
        f"(SELECT {_PLACE} FROM {table} WHERE {reached} LIMIT 1) RETURNING {_PLACE}",
        value,
    )
    return was[0], changed


async def test_what_a_person_said_in_anothers_row_is_cut_with_the_mention(
    own_world: str, tmp_path: Path
) -> None:
    await prepare(own_world, tmp_path)
    await run(
        own_world,
        "INSERT INTO enterprise_audit_events "
        "(actor_kind, actor_id, enterprise_account_id, action, subject, request_id) "
        f"VALUES ('user', {ADA}, 2, 'credential.made', 'c:1', 'job.user:1')",
        "INSERT INTO audit_events (actor_kind, actor_id, user_id, action, subject, request_id) "
        f"VALUES ('operator', {ADA}, {GRACE}, 'seen', 'c:2', 'ada@example.com')",
    )
    async with instance(own_world, tmp_path, clock=lambda: LATER) as parts:
        assert await parts.erase() == 1
        of_company = await parts.rows(
            "SELECT actor_id, request_id FROM enterprise_audit_events WHERE subject = 'c:1'"
        )
        assert [tuple(row) for row in of_company] == [(None, None)]
        of_person = await parts.rows(
            "SELECT actor_id, user_id, request_id FROM audit_events WHERE subject = 'c:2'"
        )
        assert [tuple(row) for row in of_person] == [(None, GRACE, None)]
