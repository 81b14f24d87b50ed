"""Replies as jobs with a lease, idempotency keys, and the ledger of the daily quotas.

What was used before the ledger was kept is its first entry of each day.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "20261124_0020"
down_revision: str | None = "20260220_0019"

CONVERSATION_OF_MESSAGE = "fk_chat_messages_conversation_id"
FAILURE_CHECKS = {
    "ck_chat_messages_failure_reason": (
        "failure_reason IN ('unavailable', 'timed_out', 'refused', 'too_long', 'interrupted')"
    ),
    "ck_chat_messages_failed_has_reason": "(status = 'failed') = (failure_reason IS NOT NULL)",
}


def upgrade() -> None:
    op.add_column("chat_messages", sa.Column("failure_reason", sa.Text()))
    op.add_column("chat_messages", sa.Column("stream_ends", sa.ARRAY(sa.Integer())))
    op.execute("UPDATE chat_messages SET failure_reason = 'unavailable' WHERE status = 'failed'")
    for name, condition in FAILURE_CHECKS.items():
        op.create_check_constraint(op.f(name), "chat_messages", condition)
    _refer_to_conversation(ondelete="CASCADE")
    _create_generations()
    _create_idempotency_keys()
    _create_ledger()
    op.execute(
        "INSERT INTO quota_ledger_entries (user_id, usage_date, kind, units) "
        "SELECT user_id, usage_date, 'opening', used FROM daily_quota_usages"
    )


def downgrade() -> None:
    op.drop_table("quota_ledger_entries")
    op.drop_table("idempotency_keys")
    op.drop_table("reply_generations")
    _refer_to_conversation(ondelete=None)
    for name in FAILURE_CHECKS:
        op.drop_constraint(op.f(name), "chat_messages")
    op.drop_column("chat_messages", "stream_ends")
    op.drop_column("chat_messages", "failure_reason")


def _refer_to_conversation(*, ondelete: str | None) -> None:
    op.drop_constraint(op.f(CONVERSATION_OF_MESSAGE), "chat_messages", type_="foreignkey")
    op.create_foreign_key(
        op.f(CONVERSATION_OF_MESSAGE),
        *("chat_messages", "chat_conversations", ["conversation_id"], ["id"]),
        ondelete=ondelete,
    )


def _create_generations() -> None:
    op.create_table(
        "reply_generations",
        sa.Column("reply_id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("usage_date", sa.Date(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("lease_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stop_requested_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["reply_id"],
            ["chat_messages.id"],
            name=op.f("fk_reply_generations_reply_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["chat_conversations.id"],
            name=op.f("fk_reply_generations_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_reply_generations_user_id")
        ),
        sa.PrimaryKeyConstraint("reply_id", name=op.f("pk_reply_generations")),
    )
    for column in ("lease_expires_at", "owner", "conversation_id", "user_id"):
        op.create_index(f"ix_reply_generations_{column}", "reply_generations", [column])


def _create_idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger()),
        sa.Column("enterprise_account_id", sa.BigInteger()),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column(
            "result", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "num_nonnulls(user_id, enterprise_account_id) = 1",
            name=op.f("ck_idempotency_keys_one_caller"),
        ),
        sa.CheckConstraint(
            "char_length(key) BETWEEN 1 AND 255", name=op.f("ck_idempotency_keys_key")
        ),
        sa.CheckConstraint(
            "octet_length(fingerprint) = 32", name=op.f("ck_idempotency_keys_fingerprint")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_idempotency_keys_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_account_id"],
            ["enterprise_accounts.id"],
            name=op.f("fk_idempotency_keys_enterprise_account_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_keys")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_idempotency_keys_user_id_key")),
        sa.UniqueConstraint(
            "enterprise_account_id",
            "key",
            name=op.f("uq_idempotency_keys_enterprise_account_id_key"),
        ),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])


def _create_ledger() -> None:
    op.create_table(
        "quota_ledger_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("usage_date", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("reply_id", sa.BigInteger()),
        sa.Column(
            "occurred_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "kind IN ('opening', 'reserve', 'settle', 'release')",
            name=op.f("ck_quota_ledger_entries_kind"),
        ),
        sa.CheckConstraint(
            "(kind = 'opening') = (reply_id IS NULL)",
            name=op.f("ck_quota_ledger_entries_replies_reserve"),
        ),
        sa.CheckConstraint(
            "CASE kind WHEN 'opening' THEN units >= 0 WHEN 'reserve' THEN units = 1 "
            "WHEN 'settle' THEN units = 0 ELSE units = -1 END",
            name=op.f("ck_quota_ledger_entries_units"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_quota_ledger_entries_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota_ledger_entries")),
    )
    op.create_index(
        "ix_quota_ledger_entries_user_id_usage_date",
        *("quota_ledger_entries", ["user_id", "usage_date"]),
    )
    for name, kinds in {
        "uq_quota_ledger_entries_reserved": "kind = 'reserve'",
        "uq_quota_ledger_entries_ended": "kind IN ('settle', 'release')",
    }.items():
        op.create_index(
            name,
            *("quota_ledger_entries", ["reply_id"]),
            unique=True,
            postgresql_where=sa.text(kinds),
        )
