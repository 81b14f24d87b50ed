"""The migration to keys that begin with a person: of data that the version before has left."""

import asyncio

from db.schema.migration import migrate
from tests.fixtures.stores.postgres import everything, rows_of, run

BEFORE, AFTER = "20261130_0037", "20261130_0041"
LEFT_BEHIND = """
INSERT INTO users (id, email) VALUES (1, 'a@example.com'), (2, 'b@example.com');
INSERT INTO chat_conversations (id, user_id, title) VALUES (1, 1, 'A'), (2, 2, 'B');
INSERT INTO chat_messages (id, conversation_id, role, content)
  SELECT m, 1 + m % 2, 'user', 'Text' FROM generate_series(1, 100) m;
INSERT INTO reply_generations
  (reply_id, conversation_id, user_id, usage_date, owner, lease_expires_at)
  VALUES (2, 1, 1, '2026-02-20', gen_random_uuid(), now());
INSERT INTO user_subscriptions (id, user_id, plan_code, status)
  VALUES (1, 1, 'basic-entry', 'failed'), (2, NULL, 'basic-entry', 'inactive');
INSERT INTO billing_payment_attempts (id, user_id, subscription_id, plan_code, status, amount_cents,
  currency, idempotency_key, provider_key)
  VALUES (1, 1, 1, 'basic-entry', 'failed', 500, 'EUR', 'k', 'p1'),
    (2, NULL, 2, 'basic-entry', 'pending', 500, 'EUR', 'erased', 'p2');
INSERT INTO billing_plan_changes
  (id, user_id, subscription_id, from_plan_code, to_plan_code, idempotency_key)
  VALUES (1, NULL, 2, 'basic-entry', 'premium-unlimited', 'erased');
INSERT INTO billing_webhook_events (id, payment_attempt_id, occurred_at)
  VALUES ('of 1', 1, now()), ('of nobody', 2, now());
INSERT INTO user_privacy_requests (id, user_id, request_kind, status, completed_at)
  VALUES (1, 1, 'export', 'completed', now()), (2, NULL, 'delete', 'completed', now());
INSERT INTO privacy_exports (request_id, file_name, token_hash, byte_size, sha256, expires_at)
  VALUES (1, 'f', sha256('f'), 1, sha256('f'), now());
INSERT INTO privacy_erasure_counts VALUES (2, 'users', 1);
INSERT INTO enterprise_accounts (id, company_name) VALUES (1, 'Company');
INSERT INTO enterprise_credentials (id, enterprise_account_id, key_id, secret_hash)
  VALUES (1, 1, 'k', sha256('k'));
INSERT INTO enterprise_generations (enterprise_account_id, credential_id, usage_date, is_overage,
  owner, lease_expires_at, model) VALUES (1, 1, now(), false, gen_random_uuid(), now(), 'm');
"""
OF_THE_VERSION_BEFORE = (
    "INSERT INTO chat_messages (id, conversation_id, role, content) VALUES (1000, 2, 'user', 'New')"
)
OWNED = {
    "SELECT user_id, count(*) FROM chat_messages GROUP BY 1 ORDER BY 1": [(1, 50), (2, 51)],
    "SELECT user_id, request_id FROM privacy_exports": [(1, 1)],
    "SELECT user_id, payment_attempt_id FROM billing_webhook_events ORDER BY id": [
        (1, 1),
        (None, None),
    ],
    "SELECT request_id, user_id FROM privacy_request_owners": [(1, 1)],
    "SELECT id, subscription_id, status FROM archived_payment_attempts": [(2, 2, "pending")],
    "SELECT id FROM archived_subscriptions": [(2,)],
    "SELECT id FROM archived_plan_changes": [(1,)],
    "SELECT id FROM archived_privacy_requests": [(2,)],
    "SELECT * FROM archived_erasure_counts": [(2, "users", 1)],
    "SELECT id FROM user_subscriptions": [(1,)],
}


def test_every_row_is_its_persons_or_archived(empty_database_url: str) -> None:
    migrate(empty_database_url, revision=BEFORE)
    asyncio.run(run(empty_database_url, LEFT_BEHIND))
    before = asyncio.run(everything(empty_database_url))
    migrate(empty_database_url, revision=AFTER)
    asyncio.run(run(empty_database_url, OF_THE_VERSION_BEFORE))
    for query, owned in OWNED.items():
        found = asyncio.run(rows_of(empty_database_url, query))
        assert [tuple(row) for row in found] == owned, query
    asyncio.run(run(empty_database_url, "DELETE FROM chat_messages WHERE content = 'New'"))
    migrate(empty_database_url, revision=BEFORE)
    after = asyncio.run(everything(empty_database_url))
    lost = {"billing_webhook_events", "alembic_version"}
    assert {name: rows for name, rows in after.items() if name not in lost} == {
        name: rows for name, rows in before.items() if name not in lost
    }
