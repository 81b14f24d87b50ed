-- Those who ask: the same five with n of everything, with twice as many, and of other accounts.
-- Who writes has many times as many conversations, so that each is written to once, in several
-- runs of the gate.
-- Three more only read: one has nothing, one an empty conversation, and one more than a page holds.
-- The first ten are there eight times more, see `EQUAL_PAIRS`, with fewer conversations.
CREATE TEMP TABLE caller AS
  SELECT 2000 + place AS person, 1500 + place AS account,
         CASE WHEN place IN (16, 21) THEN 0 WHEN place = 26 THEN 120
              WHEN place % 10 IN (6, 7, 8, 9, 0) THEN 24 ELSE 12 END AS n,
         CASE WHEN place NOT IN (16, 21) THEN
           (ARRAY['active', 'active', NULL, 'failed', 'active'])[1 + (place - 1) % 5] END AS status,
         CASE WHEN place % 5 = 2 AND place < 100 THEN 24 ELSE 1 END AS times
  FROM (SELECT generate_series(1, 15) UNION VALUES (16), (21), (26)
        UNION SELECT generate_series(101, 180)) AS one(place);
INSERT INTO users (id, email) SELECT person, person || '@example.com' FROM caller;
INSERT INTO user_subscriptions (user_id, plan_code, status, created_at, updated_at)
  SELECT person, 'basic-entry', 'inactive', '2025-12-01',
         '2025-12-01'::timestamptz + s * interval '1 day'
  FROM caller, generate_series(1, n) s;
INSERT INTO user_subscriptions
  (user_id, plan_code, status, failure_reason, started_at, created_at, updated_at,
   period_anchor_at, current_period_start, current_period_end, period_price_cents)
  SELECT person, 'premium-unlimited', status, CASE status WHEN 'failed' THEN 'card_declined' END,
         begun, '2026-02-01', '2026-02-01', begun, begun, begun + interval '1 month',
         CASE WHEN begun IS NOT NULL THEN 2000 END
  FROM caller, LATERAL (SELECT CASE status WHEN 'active' THEN '2026-02-01'::date END) AS paid(begun)
  WHERE status IS NOT NULL;
INSERT INTO daily_quota_usages (user_id, usage_date, used)
  SELECT person, '2026-02-20'::date - d, 3 FROM caller, generate_series(0, n) d WHERE n > 0;
INSERT INTO quota_ledger_entries (user_id, usage_date, units, kind)
  SELECT user_id, usage_date, used, 'opening' FROM daily_quota_usages JOIN caller ON user_id = person;
INSERT INTO chat_conversations (user_id, title, created_at, updated_at)
  SELECT person, 'What to do about the garden ' || c, '2026-01-01',
         '2026-02-20'::timestamptz - c * interval '1 hour'
  FROM caller, generate_series(1, n * times) c;
-- Fewer than a page with the others, for n rows: else 2n rows would not be more on a page.
INSERT INTO chat_conversations (user_id, title, status, created_at, updated_at)
  SELECT person, 'What came of the garden ' || c, 'archived', '2026-01-01',
         '2026-01-20'::timestamptz - c * interval '1 hour'
  FROM caller, generate_series(1, n / 4 * times) c;
INSERT INTO chat_conversations (user_id, title, created_at, updated_at)
  VALUES (2021, 'What to do about the garden', '2026-01-01', '2026-02-20');
INSERT INTO chat_messages (user_id, conversation_id, role, content, created_at, model, attempts,
  prompt_tokens, completion_tokens, latency_ms)
  SELECT user_id, id, CASE m % 2 WHEN 1 THEN 'user' ELSE 'assistant' END,
         repeat('Begin with the smallest step. ', 8), updated_at - (n - m) * interval '1 minute',
         CASE m % 2 WHEN 0 THEN 'stand-in' END, CASE m % 2 WHEN 0 THEN 1 END,
         CASE m % 2 WHEN 0 THEN 100 END, CASE m % 2 WHEN 0 THEN 50 END,
         CASE m % 2 WHEN 0 THEN 1000 END
  FROM caller JOIN chat_conversations ON user_id = person, generate_series(1, n) m;
INSERT INTO chat_conversation_keys
  SELECT person, 'the gate''s', max(id) FROM caller JOIN chat_conversations ON user_id = person
  GROUP BY person;
INSERT INTO chat_message_keys
  SELECT user_id, conversation_id, 'the gate''s', max(id) FROM caller
  JOIN chat_messages ON user_id = person GROUP BY user_id, conversation_id;
INSERT INTO chat_message_searches
  SELECT user_id, id, row_number() OVER (PARTITION BY user_id ORDER BY id), created_at,
         array_to_tsvector(ARRAY(
           SELECT to_hex(user_id) || '.' || word
           FROM unnest(ARRAY['/800000', '+800000', 'begin', 'with', 'the', 'smallest', 'step']) word
         ) || (to_hex(user_id) || '.=' || conversation_id))
  FROM caller JOIN chat_messages ON user_id = person;
-- Some are pinned, and some have tags: as many as they have of everything.
UPDATE chat_conversations SET is_pinned = true FROM caller WHERE user_id = person AND title ~ '[1-5]$';
INSERT INTO chat_conversation_tags (user_id, conversation_id, tag, updated_at)
  SELECT user_id, id, kind, updated_at
  FROM caller JOIN chat_conversations ON user_id = person, unnest(ARRAY['garden', 'spring']) kind
  WHERE person % 5 = 1;
-- Without its index the newest export is found behind all that came after it.
INSERT INTO user_privacy_requests (user_id, request_kind, status, requested_at, completed_at)
  SELECT person, CASE WHEN r <= n / 2 THEN 'export' ELSE 'delete' END,
         CASE WHEN r <= n / 2 THEN 'completed' ELSE 'cancelled' END,
         '2026-01-01'::timestamptz + r * interval '1 hour',
         CASE WHEN r <= n / 2 THEN '2026-01-09'::date END
  FROM caller, generate_series(1, n) r;
INSERT INTO privacy_exports
  (user_id, request_id, file_name, token_hash, byte_size, sha256, expires_at)
  SELECT user_id, id, id, sha256(id::text::bytea), 1, sha256(''), '2026-03-07'
  FROM user_privacy_requests JOIN caller ON user_id = person WHERE request_kind = 'export';
-- Completed erasures are nobody's; of these the first of the five knows the ids.
INSERT INTO archived_privacy_requests (id, request_kind, status, requested_at, completed_at,
  remaining_references, verified_at)
  SELECT 700000 + 100 * person + r, 'delete', 'completed', '2026-01-01', '2026-01-09', 0,
         '2026-01-09'
  FROM caller, generate_series(0, n - 1) r WHERE person % 5 = 1;
INSERT INTO archived_erasure_counts (request_id, table_name, row_count)
  SELECT id, kind, 3 FROM archived_privacy_requests, unnest(ARRAY['chat_messages', 'users']) kind
  WHERE id > 700000;
INSERT INTO enterprise_accounts (id, company_name, administrator_id)
  SELECT account, 'Analytical Engines', person FROM caller;
INSERT INTO enterprise_daily_usages (enterprise_account_id, usage_date, request_count)
  SELECT account, '2026-02-20'::date - d, 7 FROM caller, generate_series(0, n - 1) d;
INSERT INTO generation_parts (user_id, reply_id, part_number, model, start_offset, prompt_tokens,
  completion_tokens)
  SELECT person, m.id, 1, model, 0, prompt_tokens, completion_tokens
  FROM caller JOIN chat_conversations c ON c.user_id = person
  JOIN chat_messages m ON m.conversation_id = c.id WHERE model IS NOT NULL AND times = 1;
-- Every second reply is rated.
INSERT INTO chat_message_feedback (user_id, message_id, rating, comment, created_at)
  SELECT person, m.id, CASE m.id % 4 WHEN 0 THEN 'up' ELSE 'down' END, 'It says what to do.',
         m.created_at
  FROM caller JOIN chat_conversations c ON c.user_id = person
  JOIN chat_messages m ON m.conversation_id = c.id
  WHERE model IS NOT NULL AND times = 1 AND m.id % 2 = 0;
INSERT INTO model_daily_feedback (day, model, shard, up, down)
  SELECT '2026-02-20'::date - d, 'stand-in', shard, 7, 3
  FROM generate_series(0, 400) d, generate_series(0, 3) shard;
INSERT INTO model_daily_usages (user_id, usage_date, model, currency, calls, prompt_tokens,
  cached_tokens, completion_tokens, cost_micros)
  SELECT person, '2026-02-20'::date - d, 'stand-in', 'EUR', 30, 12000, 4000, 6000, 84000
  FROM caller, generate_series(0, n - 1) d;
INSERT INTO enterprise_model_daily_usages (enterprise_account_id, usage_date, model, currency,
  calls, prompt_tokens, cached_tokens, completion_tokens, cost_micros)
  SELECT account, '2026-02-20'::date - d, 'stand-in', 'EUR', 30, 12000, 4000, 6000, 84000
  FROM caller, generate_series(0, n - 1) d;
INSERT INTO enterprise_credentials
  (id, enterprise_account_id, key_id, secret_hash, status, created_at)
  SELECT 100 * account + k, account, account || '-' || k, sha256(''),
         CASE k % 2 WHEN 0 THEN 'revoked' ELSE 'active' END, '2026-01-01'
  FROM caller, generate_series(1, n) k;
-- Whose calls are counted asks with a key, which was used a moment ago: see `perf.counting.asking`.
UPDATE enterprise_credentials SET key_id = lpad(to_hex(account), 16, '0'),
  secret_hash = sha256(repeat('0', 48)::bytea), last_used_at = '2026-02-20 09:30+00'
  FROM caller WHERE id = 100 * account + 1 AND person > 2100;
-- The newest and every other invoice is a credit note for the one before it.
INSERT INTO user_invoices (user_id, id, number, source, status, currency, subtotal_cents, tax_cents,
  total_cents, line_count, seller, recipient, issued_at, credit_note_for)
  SELECT person, 1000 * person + i, 'INV-2026-' || person || i, 'gate:' || i, 'paid', 'EUR',
         sign * 420, sign * 80, sign * 500, 1, 'Guidance', person || '@example.com',
         '2026-02-20'::timestamptz - i * interval '1 hour', CASE sign WHEN -1 THEN 1000 * person + i + 1 END
  FROM caller, generate_series(1, n) i, LATERAL (SELECT CASE i % 2 WHEN 1 THEN -1 ELSE 1 END) of(sign);
INSERT INTO user_invoice_lines
  (user_id, invoice_id, line_number, kind, description, quantity, amount_cents, period_start, period_end)
  SELECT user_id, id, 1, CASE sign(subtotal_cents) WHEN -1 THEN 'credit' ELSE 'period' END, 'Basic Entry', 1,
         subtotal_cents, '2026-01-01', '2026-02-01'
  FROM user_invoices JOIN caller ON user_id = person;
INSERT INTO enterprise_invoices (enterprise_account_id, id, number, source, status, currency,
  subtotal_cents, tax_cents, total_cents, line_count, seller, recipient, issued_at, credit_note_for)
  SELECT account, 1000 * account + i, 'INV-2026-' || account || i, 'gate:' || i, 'paid', 'EUR',
         sign * 420, sign * 80, sign * 500, 1, 'Guidance', 'Analytical Engines',
         '2026-02-20'::timestamptz - i * interval '1 hour', CASE sign WHEN -1 THEN 1000 * account + i + 1 END
  FROM caller, generate_series(1, n) i, LATERAL (SELECT CASE i % 2 WHEN 1 THEN -1 ELSE 1 END) of(sign);
INSERT INTO enterprise_invoice_lines (enterprise_account_id, invoice_id, line_number, kind,
  description, quantity, amount_cents, period_start, period_end)
  SELECT enterprise_account_id, id, 1, CASE sign(subtotal_cents) WHEN -1 THEN 'credit' ELSE 'overage' END,
         'Requests over the contract', 7, subtotal_cents, '2026-01-01', '2026-02-01'
  FROM enterprise_invoices JOIN caller ON enterprise_account_id = account;
SELECT setval('invoice_ids', 10000000);
