"""The SQL of the bounds: the rows of each operation, and the same as JSON built by PostgreSQL."""

QUOTA_ROWS = """
SELECT subscription.status, subscription.plan_code, plan.daily_message_limit, usage.used
FROM (
  SELECT status, plan_code FROM user_subscriptions WHERE user_id = $1
  ORDER BY updated_at DESC, id DESC LIMIT 1
) AS subscription
JOIN billing_plans AS plan ON plan.code = subscription.plan_code
LEFT JOIN daily_quota_usages AS usage ON usage.user_id = $1 AND usage.usage_date = $2
"""
PAGE_ROWS = """
SELECT id, title, status, updated_at FROM chat_conversations
WHERE user_id = $1 ORDER BY updated_at DESC, id DESC LIMIT 21
"""
MESSAGE_ROWS = """
SELECT page.conversation_id, page.id, page.role, page.status, page.content, page.created_at
FROM unnest($1::BIGINT[]) AS parent(id)
JOIN LATERAL (
  SELECT conversation_id, id, role, status, content, created_at FROM chat_messages
  WHERE conversation_id = parent.id ORDER BY created_at DESC, id DESC LIMIT 10
) AS page ON true
"""

_SUBSCRIPTION = """json_build_object('status', upper(subscription.status),
  'plan', json_build_object('code', subscription.plan_code))"""
_QUOTA = """json_build_object(
  'state', CASE WHEN subscription.status <> 'active' THEN 'NO_ACTIVE_SUBSCRIPTION'
    WHEN allowed.units > allowed.used THEN 'AVAILABLE' ELSE 'EXHAUSTED' END,
  'limit', allowed.units, 'used', allowed.used,
  'remaining', greatest(0, allowed.units - allowed.used), 'resetsAt', $3::TEXT)"""
QUOTA_JSON = f"""
SELECT json_build_object('data', json_build_object('viewer', json_build_object(
  'id', $4::TEXT, 'subscription', {_SUBSCRIPTION}, 'quota', {_QUOTA})))
FROM ({QUOTA_ROWS}) AS subscription
CROSS JOIN LATERAL (
  SELECT CASE WHEN subscription.status = 'active' THEN subscription.daily_message_limit ELSE 0 END
    AS units, coalesce(subscription.used, 0) AS used
) AS allowed
"""


def _id(type_name: str, key: str) -> str:
    encoded = f"encode(convert_to('{type_name}:' || {key}, 'UTF8'), 'base64')"
    return f"translate({encoded}, '+/', '-_')"


def _instant(column: str) -> str:
    return f"""to_char({column}, 'YYYY-MM-DD"T"HH24:MI:SS') || CASE
  WHEN extract(microseconds FROM {column})::BIGINT % 1000000 = 0 THEN ''
  ELSE to_char({column}, '.US') END || 'Z'"""


_CONVERSATION = f"""'id', {_id("Conversation", "page.id")}, 'title', page.title,
  'status', upper(page.status), 'updatedAt', {_instant("page.updated_at")}"""
_MESSAGES = f"""'messages', json_build_object('edges', (
  SELECT coalesce(json_agg(json_build_object('node', json_build_object(
    'id', {_id("Message", "message.id")}, 'role', upper(message.role),
    'status', upper(message.status), 'content', message.content,
    'createdAt', {_instant("message.created_at")}
  )) ORDER BY message.created_at, message.id), '[]')
  FROM (
    SELECT * FROM chat_messages WHERE conversation_id = page.id
    ORDER BY created_at DESC, id DESC LIMIT 10
  ) AS message))"""


def _page(node: str) -> str:
    edges = f"json_agg(json_build_object('node', json_build_object({node})) ORDER BY page.place)"
    return f"""
SELECT {edges} FILTER (WHERE page.place <= 20) AS edges,
  max(page.place) > 20 AS has_next,
  max(page.updated_at) FILTER (WHERE page.place = least(20, page.rows)) AS last_at,
  max(page.id) FILTER (WHERE page.place = least(20, page.rows)) AS last_id
FROM (
  SELECT *, row_number() OVER () AS place, count(*) OVER () AS rows FROM ({PAGE_ROWS}) AS newest
) AS page
"""


PAGE_JSON = _page(_CONVERSATION)
PAGE_WITH_MESSAGES_JSON = _page(f"{_CONVERSATION}, {_MESSAGES}")
