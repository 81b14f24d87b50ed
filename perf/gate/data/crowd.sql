-- Everybody else: enough of everything for the planner to choose, and many of the largest pages of
-- each, or to sort all that somebody has would be no dearer than to read a page of it.
INSERT INTO users (email) SELECT i || '@example.com' FROM generate_series(1, 2000) i;
INSERT INTO chat_conversations (user_id, title, status, created_at, updated_at)
  SELECT u, 'Title', CASE c % 5 WHEN 0 THEN 'archived' ELSE 'active' END, '2025-12-01',
         '2025-12-12'::timestamptz + (u * c % 977) * interval '1 hour'
  FROM generate_series(1, 48) u, generate_series(1, 1000) c;
UPDATE chat_conversations SET is_pinned = true WHERE id % 20 = 0;
INSERT INTO chat_conversation_tags (user_id, conversation_id, tag, updated_at)
  SELECT user_id, id, 'tag ' || id % 7, updated_at FROM chat_conversations WHERE id % 3 = 0;
INSERT INTO chat_messages (user_id, conversation_id, role, content, created_at)
  SELECT user_id, c.id, 'user', 'Text', '2025-12-28'::timestamptz + m * interval '1 hour'
  FROM chat_conversations c, generate_series(1, 1000) m WHERE c.id <= 60;
INSERT INTO chat_branches (user_id, conversation_id, number, parent_branch, parent_at, parent_id,
  created_at, shown_order)
  SELECT user_id, conversation_id, place / 20 + 1, 0, created_at, id,
         created_at + interval '1 year', place / 20 + 1
  FROM (SELECT *, row_number() OVER (PARTITION BY conversation_id ORDER BY created_at) AS place
        FROM chat_messages) AS message WHERE place % 20 = 5;
INSERT INTO chat_messages (user_id, conversation_id, branch, role, content, created_at)
  SELECT user_id, conversation_id, number, 'user', 'Text', created_at FROM chat_branches;
INSERT INTO chat_conversation_keys SELECT user_id, id::text, id FROM chat_conversations;
INSERT INTO chat_message_keys
  SELECT user_id, conversation_id, id::text, id FROM chat_messages WHERE id % 10 = 0;
INSERT INTO chat_message_searches
  SELECT user_id, id, row_number() OVER (PARTITION BY user_id ORDER BY id), created_at,
         array_to_tsvector(ARRAY(
           SELECT to_hex(user_id) || '.' || word FROM unnest(ARRAY['text', '/800000', '+800000']) word
         ))
  FROM chat_messages;
INSERT INTO chat_messages_to_index SELECT user_id, id FROM chat_messages WHERE id % 20 = 1;
INSERT INTO reply_generations
  (reply_id, conversation_id, user_id, usage_date, owner, lease_expires_at)
  SELECT id, conversation_id, user_id, '2026-02-20', gen_random_uuid(),
         '2026-03-20'::timestamptz + id * interval '1 minute'
  FROM chat_messages WHERE id % 20 = 0;
INSERT INTO user_subscriptions (user_id, plan_code, status, created_at, updated_at)
  SELECT u, 'basic-entry', 'inactive', '2025-12-01',
         '2025-12-01'::timestamptz + s * interval '1 day'
  FROM generate_series(1, 2000) u, generate_series(1, 5) s;
INSERT INTO billing_payment_attempts (user_id, subscription_id, plan_code, status, amount_cents,
  currency, idempotency_key, provider_key, next_check_at)
  SELECT user_id, id, plan_code, CASE id % 100 WHEN 0 THEN 'pending' ELSE 'succeeded' END, 500,
         'EUR', id::text, id::text, '2026-01-01'::timestamptz + id * interval '1 minute'
  FROM user_subscriptions;
INSERT INTO billing_customers (user_id, customer, payment_method, updated_at)
  SELECT u, 'customer ' || u, 'card', '2025-12-01' FROM generate_series(1, 2000) u;
INSERT INTO billing_plan_changes
  (user_id, subscription_id, from_plan_code, to_plan_code, idempotency_key)
  SELECT user_id, id, 'premium-unlimited', plan_code, id::text FROM user_subscriptions;
INSERT INTO user_privacy_requests (user_id, request_kind, status, requested_at)
  SELECT u, CASE r % 2 WHEN 0 THEN 'export' ELSE 'delete' END, 'cancelled',
         '2025-12-29'::timestamptz + r * interval '1 hour'
  FROM generate_series(1, 120) u, generate_series(1, 500) r;
INSERT INTO user_privacy_requests (user_id, request_kind, requested_at)
  SELECT u, 'export', '2026-01-01' FROM generate_series(1, 20) u;
INSERT INTO privacy_exports
  (user_id, request_id, file_name, token_hash, byte_size, sha256, expires_at)
  SELECT user_id, id, id, sha256(id::text::bytea), 1, sha256(''), '2026-01-07'
  FROM user_privacy_requests WHERE request_kind = 'export';
INSERT INTO archived_privacy_requests (id, request_kind, status, requested_at, completed_at,
  remaining_references, verified_at)
  SELECT 500000 + r, 'delete', 'completed', '2026-01-01', '2026-01-09', 0, '2026-01-09'
  FROM generate_series(1, 2000) r;
INSERT INTO archived_erasure_counts (request_id, table_name, row_count)
  SELECT id, kind, 3 FROM archived_privacy_requests,
    unnest(ARRAY['chat_conversations', 'chat_messages', 'users']) kind;
INSERT INTO daily_quota_usages (user_id, usage_date, used)
  SELECT u, '2026-01-31'::date + d, d FROM generate_series(1, 2000) u, generate_series(0, 20) d;
INSERT INTO quota_ledger_entries (user_id, usage_date, units, kind)
  SELECT user_id, usage_date, used, 'opening' FROM daily_quota_usages;
INSERT INTO idempotency_keys (user_id, key, fingerprint, created_at)
  SELECT u, k::text, sha256(k::text::bytea), '2026-02-01'::timestamptz + k * interval '1 hour'
  FROM generate_series(1, 2000) u, generate_series(1, 10) k;
INSERT INTO audit_events (actor_kind, user_id, action, subject)
  SELECT 'user', u, 'privacy.export_requested', 'privacy_request:1'
  FROM generate_series(1, 2000) u, generate_series(1, 5);
INSERT INTO enterprise_accounts (company_name, administrator_id)
  SELECT 'Company', a FROM generate_series(1, 1500) a;
INSERT INTO enterprise_daily_usages (enterprise_account_id, usage_date, request_count)
  SELECT a, '2025-01-26'::date + d, d FROM generate_series(1, 60) a, generate_series(0, 390) d;
INSERT INTO model_daily_usages (user_id, usage_date, model, currency, calls)
  SELECT u, '2026-01-31'::date + d, 'stand-in', '', d
  FROM generate_series(1, 2000) u, generate_series(0, 20) d;
INSERT INTO model_daily_totals (shard, usage_date, model, currency, calls)
  SELECT s, '2025-01-26'::date + d, 'stand-in', '', d
  FROM generate_series(0, 15) s, generate_series(0, 390) d;
INSERT INTO enterprise_model_daily_usages (enterprise_account_id, usage_date, model, currency, calls)
  SELECT a, '2025-01-26'::date + d, 'stand-in', '', d
  FROM generate_series(1, 60) a, generate_series(0, 390) d;
INSERT INTO enterprise_credentials (enterprise_account_id, key_id, secret_hash)
  SELECT a, a || '-' || k, sha256('') FROM generate_series(1, 1500) a, generate_series(1, 12) k;
INSERT INTO enterprise_audit_events (actor_kind, enterprise_account_id, action, subject)
  SELECT 'operator', a, 'credential.created', 'enterprise_credential:1'
  FROM generate_series(1, 1500) a, generate_series(1, 2);
INSERT INTO enterprise_idempotency_keys (enterprise_account_id, key, fingerprint, created_at)
  SELECT a, k::text, sha256(k::text::bytea), '2026-02-01'::timestamptz + k * interval '1 hour'
  FROM generate_series(1, 1500) a, generate_series(1, 4) k;
INSERT INTO enterprise_generations (enterprise_account_id, credential_id, usage_date, is_overage,
  status, owner, lease_expires_at, model)
  SELECT enterprise_account_id, id, '2026-02-01', false,
         CASE id % 50 WHEN 0 THEN 'running' ELSE 'complete' END, gen_random_uuid(),
         '2026-03-20'::timestamptz + id * interval '1 minute', 'stand-in'
  FROM enterprise_credentials;
INSERT INTO enterprise_generation_parts
  (enterprise_account_id, reply_id, part_number, model, start_offset)
  SELECT enterprise_account_id, id, 1, model, 0 FROM enterprise_generations WHERE id % 5 = 0;
INSERT INTO user_invoices (user_id, number, source, status, currency, subtotal_cents, tax_cents,
  total_cents, line_count, seller, recipient, issued_at)
  SELECT u, 'INV-2025-' || u || i, 'crowd:' || i, 'paid', 'EUR', 420, 80, 500, 1, 'Guidance',
         u || '@example.com', '2025-12-29'::timestamptz + i * interval '1 hour'
  FROM generate_series(1, 120) u, generate_series(1, 500) i;
INSERT INTO user_invoice_lines
  (user_id, invoice_id, line_number, kind, description, quantity, amount_cents)
  SELECT user_id, id, 1, 'period', 'Basic Entry', 1, 420 FROM user_invoices;
INSERT INTO enterprise_invoices (enterprise_account_id, number, source, status, currency,
  subtotal_cents, tax_cents, total_cents, line_count, seller, recipient, issued_at)
  SELECT a, 'INV-2025-' || a || '-' || i, 'crowd:' || i, 'paid', 'EUR', 420, 80, 500, 1, 'Guidance',
         'Company', '2025-12-29'::timestamptz + i * interval '1 hour'
  FROM generate_series(1, 120) a, generate_series(1, 500) i;
INSERT INTO enterprise_invoice_lines
  (enterprise_account_id, invoice_id, line_number, kind, description, quantity, amount_cents)
  SELECT enterprise_account_id, id, 1, 'overage', 'Requests', 7, 420 FROM enterprise_invoices;
