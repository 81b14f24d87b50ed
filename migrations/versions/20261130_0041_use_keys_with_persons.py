"""Keys and foreign keys begin with the person, or with the company."""

from alembic import op

from migrations.online import (
    has_constraint,
    has_index,
    primary_key,
    refer,
    replace_primary_key,
    validate,
)

revision: str = "20261130_0041"
down_revision: str | None = "20261130_0040"

USER, ACCOUNT = "user_id", "enterprise_account_id"
CASCADE = " ON DELETE CASCADE"
REFERENCES = (
    ("chat_messages", "conversation_id", "chat_conversations", USER, CASCADE),
    ("reply_generations", "reply_id", "chat_messages", USER, CASCADE),
    ("reply_generations", "conversation_id", "chat_conversations", USER, CASCADE),
    ("billing_payment_attempts", "subscription_id", "user_subscriptions", USER, ""),
    ("billing_plan_changes", "subscription_id", "user_subscriptions", USER, ""),
    ("privacy_exports", "request_id", "user_privacy_requests", USER, ""),
    ("privacy_erasure_counts", "request_id", "user_privacy_requests", USER, ""),
    ("enterprise_generations", "credential_id", "enterprise_credentials", ACCOUNT, ""),
)
"""Tables with the columns by which they refer to others of the same person or company."""
EVENTS_TO_PAYMENTS = ("billing_webhook_events", "fk_billing_webhook_events_payment_attempt_id")
KEYS = {
    "reply_generations": ("reply_id",),
    "privacy_exports": ("request_id",),
    "privacy_erasure_counts": ("request_id", "table_name"),
    **dict.fromkeys(
        (
            *("chat_messages", "chat_conversations", "quota_ledger_entries"),
            *("billing_payment_attempts", "billing_plan_changes", "user_subscriptions"),
            *("user_privacy_requests", "enterprise_generations", "enterprise_credentials"),
            "enterprise_daily_usages",
        ),
        ("id",),
    ),
}
"""The keys that the tables had, those that refer first."""
OUTLIVED = {
    "ix_reply_generations_user_id": "reply_generations (user_id)",
    "ix_billing_payment_attempts_subscription_id": "billing_payment_attempts (subscription_id)",
    "ix_billing_plan_changes_subscription_id": "billing_plan_changes (subscription_id)",
    "ix_billing_webhook_events_payment_attempt_id": "billing_webhook_events (payment_attempt_id)",
}
"""Indexes for which others serve now."""
LEDGER_INDEXES = {"reserved": "kind = 'reserve'", "ended": "kind IN ('settle', 'release')"}


def upgrade() -> None:
    # Each step commits by itself, so that none holds what another waits for. The new foreign keys
    # hold before the old ones go.
    with op.get_context().autocommit_block():
        for table, column, target, tenant, then in REFERENCES:
            name = _new(table, column, tenant)
            if not has_constraint(name, table):
                refer(name, table, (tenant, column), target, (tenant, _key(target)), then)
            validate(name, table)
        for table, name in (EVENTS_TO_PAYMENTS, *((one[0], _old(*one[:2])) for one in REFERENCES)):
            if has_constraint(name, table):
                op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for table, columns in KEYS.items():
            if primary_key(table) == columns:
                replace_primary_key(table, f"pk_{table}_new")
        for name in LEDGER_INDEXES:
            index = f"uq_quota_ledger_entries_{name}"
            if has_index(f"{index}_new"):
                op.execute(
                    f"DO $$ BEGIN ALTER INDEX {index} RENAME TO {index}_old; "
                    f"ALTER INDEX {index}_new RENAME TO {index}; END $$"
                )
        for name in (*OUTLIVED, *(f"uq_quota_ledger_entries_{one}_old" for one in LEDGER_INDEXES)):
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


def downgrade() -> None:
    for table, column, _target, tenant, _then in REFERENCES:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {_new(table, column, tenant)}")
    for table, columns in KEYS.items():
        new = ", ".join(primary_key(table))
        op.execute(f"CREATE UNIQUE INDEX pk_{table}_new ON {table} ({new})")
        op.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT pk_{table}, "
            f"ADD CONSTRAINT pk_{table} PRIMARY KEY ({', '.join(columns)})"
        )
    for table, column, target, _tenant, then in REFERENCES:
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {_old(table, column)} FOREIGN KEY ({column}) "
            f"REFERENCES {target} (id){then}"
        )
    op.execute(
        f"ALTER TABLE {EVENTS_TO_PAYMENTS[0]} ADD CONSTRAINT {EVENTS_TO_PAYMENTS[1]} "
        "FOREIGN KEY (payment_attempt_id) REFERENCES billing_payment_attempts (id)"
    )
    for name, condition in LEDGER_INDEXES.items():
        index = f"uq_quota_ledger_entries_{name}"
        op.execute(f"ALTER INDEX {index} RENAME TO {index}_new")
        op.execute(
            f"CREATE UNIQUE INDEX {index} ON quota_ledger_entries (reply_id) WHERE {condition}"
        )
    for name, indexed in OUTLIVED.items():
        op.execute(f"CREATE INDEX {name} ON {indexed}")


def _key(target: str) -> str:
    return KEYS[target][-1]


def _old(table: str, column: str) -> str:
    return f"fk_{table}_{column}"


def _new(table: str, column: str, tenant: str) -> str:
    return f"fk_{table}_{tenant}_{column}"
