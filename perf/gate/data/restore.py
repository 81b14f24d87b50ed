"""Restore the data of callers after documents that work only once.

A first plan is paid once and the number of keys is limited, so each variant starts from the state
that `callers.sql` created.
"""

from perf.gate.data.callers import FEW_ROWS
from perf.gate.execution.runner import DocumentRunner
from services.callers.principal import Person, Principal

_SUBSCRIPTION = """
WITH changes AS (DELETE FROM billing_plan_changes WHERE user_id = $1),
  attempts AS (DELETE FROM billing_payment_attempts WHERE user_id = $1),
  customers AS (DELETE FROM billing_customers WHERE user_id = $1),
  later AS (DELETE FROM user_subscriptions WHERE user_id = $1 AND created_at > '2026-02-01')
UPDATE user_subscriptions SET
  plan_code = CASE created_at WHEN '2026-02-01' THEN $2 ELSE 'basic-entry' END,
  status = CASE WHEN created_at < '2026-02-01' THEN 'inactive'
                WHEN started_at = '2026-02-01' THEN 'active' ELSE 'failed' END,
  failure_reason = CASE WHEN created_at = '2026-02-01' AND started_at <> created_at
                        THEN 'card_declined' END,
  updated_at = CASE created_at WHEN '2026-02-01' THEN created_at ELSE '2026-01-31' END,
  started_at = CASE started_at WHEN '2026-02-01' THEN started_at END,
  period_anchor_at = CASE started_at WHEN '2026-02-01' THEN started_at END,
  current_period_start = CASE started_at WHEN '2026-02-01' THEN started_at END,
  current_period_end = CASE started_at WHEN '2026-02-01' THEN '2026-03-01'::timestamptz END,
  period_price_cents = CASE started_at WHEN '2026-02-01' THEN
    (SELECT monthly_price_cents FROM billing_plans WHERE code = $2) END,
  trial_ends_at = NULL, cancel_at_period_end = false,
  next_plan_code = CASE created_at WHEN '2026-02-01' THEN $3 END,
  past_due_since = NULL, grace_ends_at = NULL, due_at = NULL
WHERE user_id = $1 AND created_at <= '2026-02-01'
  AND (updated_at > '2026-02-01' OR created_at = '2026-02-01')
"""
_SEARCHED = "DELETE FROM chat_messages_to_index WHERE user_id >= $1"
_CREDENTIALS = """
DELETE FROM enterprise_credentials WHERE created_at > '2026-01-01' AND enterprise_account_id =
  (SELECT id FROM enterprise_accounts WHERE administrator_id = $1)
"""


async def restore_subscription(
    runner: DocumentRunner,
    person: Principal,
    plan_code: str = "premium-unlimited",
    next_plan_code: str | None = None,
) -> None:
    """Undo what a person paid and changed; they have these plans, and are no customer yet."""
    await _execute(runner, _SUBSCRIPTION, person, plan_code, next_plan_code)


async def restore_credentials(runner: DocumentRunner, person: Principal) -> None:
    """Delete the keys that were created for a person's company."""
    await _execute(runner, _CREDENTIALS, person)


async def restore_searches(runner: DocumentRunner) -> None:
    """Forget which messages were written and wait to be indexed by whoever searches first."""
    await runner.connection.execute(_SEARCHED, FEW_ROWS.first_person)


async def _execute(
    runner: DocumentRunner, sql: str, person: Principal, *values: str | None
) -> None:
    if isinstance(person, Person):
        await runner.connection.execute(sql, person.user_id, *values)
