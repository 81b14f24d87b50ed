"""The tables, their checks and uniqueness, and the plans on sale."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "20260220_0018"
down_revision: str | None = None


def upgrade() -> None:
    billing_plans = op.create_table(
        "billing_plans",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("monthly_price_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("daily_message_limit", sa.Integer(), nullable=False),
        sa.Column("is_on_sale", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_billing_plans_currency")),
        sa.CheckConstraint(
            "daily_message_limit >= 0", name=op.f("ck_billing_plans_daily_message_limit")
        ),
        sa.CheckConstraint(
            "monthly_price_cents >= 0", name=op.f("ck_billing_plans_monthly_price_cents")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_billing_plans")),
    )
    op.bulk_insert(
        billing_plans,
        [
            {
                "code": "basic-entry",
                "display_name": "Basic",
                "monthly_price_cents": 500,
                "currency": "EUR",
                "daily_message_limit": 5,
            },
            {
                "code": "premium-unlimited",
                "display_name": "Premium",
                "monthly_price_cents": 2000,
                "currency": "EUR",
                "daily_message_limit": 1000,
            },
        ],
    )
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "email = lower(email) AND email LIKE '%_@_%'", name=op.f("ck_users_email")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "chat_conversations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "status IN ('active', 'archived')", name=op.f("ck_chat_conversations_status")
        ),
        sa.CheckConstraint(
            "char_length(title) BETWEEN 1 AND 120", name=op.f("ck_chat_conversations_title")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_chat_conversations_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_conversations")),
    )
    op.create_table(
        "daily_quota_usages",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("usage_date", sa.Date(), nullable=False),
        sa.Column("used", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("used >= 0", name=op.f("ck_daily_quota_usages_used")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_daily_quota_usages_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", "usage_date", name=op.f("pk_daily_quota_usages")),
    )
    op.create_table(
        "enterprise_accounts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("company_name", sa.Text(), nullable=False),
        sa.Column("administrator_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["administrator_id"], ["users.id"], name=op.f("fk_enterprise_accounts_administrator_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_accounts")),
        sa.UniqueConstraint(
            "administrator_id", name=op.f("uq_enterprise_accounts_administrator_id")
        ),
    )
    op.create_table(
        "user_privacy_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("request_kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'requested'"), nullable=False),
        sa.Column(
            "requested_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("scheduled_for", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(status = 'completed') = (completed_at IS NOT NULL)",
            name=op.f("ck_user_privacy_requests_completed_at"),
        ),
        sa.CheckConstraint(
            "request_kind IN ('export', 'delete')",
            name=op.f("ck_user_privacy_requests_request_kind"),
        ),
        sa.CheckConstraint(
            "status IN ('requested', 'processing', 'completed', 'failed', 'cancelled')",
            name=op.f("ck_user_privacy_requests_status"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_privacy_requests_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_privacy_requests")),
    )
    op.create_index(
        "ix_user_privacy_requests_user_id_requested_at_id",
        "user_privacy_requests",
        ["user_id", "requested_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_user_privacy_requests_under_way",
        "user_privacy_requests",
        ["user_id", "request_kind"],
        unique=True,
        postgresql_where="status IN ('requested', 'processing')",
    )
    op.create_table(
        "user_subscriptions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("plan_code", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("failure_reason", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "status <> 'active' OR started_at IS NOT NULL",
            name=op.f("ck_user_subscriptions_active_has_started"),
        ),
        sa.CheckConstraint(
            "status IN ('inactive', 'pending', 'active', 'failed')",
            name=op.f("ck_user_subscriptions_status"),
        ),
        sa.ForeignKeyConstraint(
            ["plan_code"], ["billing_plans.code"], name=op.f("fk_user_subscriptions_plan_code")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_subscriptions_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_subscriptions")),
    )
    op.create_index(
        "uq_user_subscriptions_live",
        "user_subscriptions",
        ["user_id"],
        unique=True,
        postgresql_where="status IN ('pending', 'active')",
    )
    op.create_table(
        "audit_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "occurred_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("enterprise_account_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column(
            "details",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "actor_kind IN ('user', 'api_key', 'operator', 'system')",
            name=op.f("ck_audit_events_actor_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_account_id"],
            ["enterprise_accounts.id"],
            name=op.f("fk_audit_events_enterprise_account_id"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_audit_events_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
    )
    op.create_index(
        op.f("ix_audit_events_enterprise_account_id_occurred_at_id"),
        "audit_events",
        ["enterprise_account_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_audit_events_user_id_occurred_at_id"),
        "audit_events",
        ["user_id", "occurred_at", "id"],
        unique=False,
    )
    op.create_table(
        "billing_payment_attempts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("plan_code", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("provider_reference", sa.Text(), nullable=True),
        sa.Column("failure_reason", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "currency ~ '^[A-Z]{3}$'", name=op.f("ck_billing_payment_attempts_currency")
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'succeeded', 'failed')",
            name=op.f("ck_billing_payment_attempts_status"),
        ),
        sa.CheckConstraint(
            "amount_cents >= 0", name=op.f("ck_billing_payment_attempts_amount_cents")
        ),
        sa.ForeignKeyConstraint(
            ["plan_code"],
            ["billing_plans.code"],
            name=op.f("fk_billing_payment_attempts_plan_code"),
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["user_subscriptions.id"],
            name=op.f("fk_billing_payment_attempts_subscription_id"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_billing_payment_attempts_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_payment_attempts")),
        sa.UniqueConstraint(
            "provider_reference", name=op.f("uq_billing_payment_attempts_provider_reference")
        ),
        sa.UniqueConstraint(
            "user_id",
            "idempotency_key",
            name=op.f("uq_billing_payment_attempts_user_id_idempotency_key"),
        ),
    )
    op.create_index(
        op.f("ix_billing_payment_attempts_subscription_id"),
        "billing_payment_attempts",
        ["subscription_id"],
        unique=False,
    )
    op.create_table(
        "billing_plan_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("from_plan_code", sa.Text(), nullable=False),
        sa.Column("to_plan_code", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "from_plan_code <> to_plan_code", name=op.f("ck_billing_plan_changes_changes_the_plan")
        ),
        sa.ForeignKeyConstraint(
            ["from_plan_code"],
            ["billing_plans.code"],
            name=op.f("fk_billing_plan_changes_from_plan_code"),
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["user_subscriptions.id"],
            name=op.f("fk_billing_plan_changes_subscription_id"),
        ),
        sa.ForeignKeyConstraint(
            ["to_plan_code"],
            ["billing_plans.code"],
            name=op.f("fk_billing_plan_changes_to_plan_code"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_billing_plan_changes_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_plan_changes")),
        sa.UniqueConstraint(
            "user_id",
            "idempotency_key",
            name=op.f("uq_billing_plan_changes_user_id_idempotency_key"),
        ),
    )
    op.create_index(
        op.f("ix_billing_plan_changes_subscription_id"),
        "billing_plan_changes",
        ["subscription_id"],
        unique=False,
    )
    op.create_table(
        "chat_messages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'complete'"), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=True),
        sa.Column("prompt_tokens", sa.Integer(), nullable=True),
        sa.Column("completion_tokens", sa.Integer(), nullable=True),
        sa.Column("latency_ms", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "role = 'assistant' OR model IS NULL",
            name=op.f("ck_chat_messages_people_have_no_model"),
        ),
        sa.CheckConstraint(
            "role = 'assistant' OR status = 'complete'",
            name=op.f("ck_chat_messages_people_write_at_once"),
        ),
        sa.CheckConstraint("role IN ('user', 'assistant')", name=op.f("ck_chat_messages_role")),
        sa.CheckConstraint(
            "status IN ('streaming', 'complete', 'failed', 'stopped')",
            name=op.f("ck_chat_messages_status"),
        ),
        sa.CheckConstraint(
            "(model IS NULL) = (attempts IS NULL)",
            name=op.f("ck_chat_messages_generation_is_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["chat_conversations.id"],
            name=op.f("fk_chat_messages_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_messages")),
    )
    op.create_table(
        "enterprise_credentials",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("enterprise_account_id", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status <> 'retiring' OR expires_at IS NOT NULL",
            name=op.f("ck_enterprise_credentials_retiring_expires"),
        ),
        sa.CheckConstraint(
            "status IN ('active', 'retiring', 'revoked')",
            name=op.f("ck_enterprise_credentials_status"),
        ),
        sa.CheckConstraint(
            "octet_length(secret_hash) = 32", name=op.f("ck_enterprise_credentials_secret_hash")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_account_id"],
            ["enterprise_accounts.id"],
            name=op.f("fk_enterprise_credentials_enterprise_account_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_credentials")),
        sa.UniqueConstraint("key_id", name=op.f("uq_enterprise_credentials_key_id")),
    )
    op.create_index(
        op.f("ix_enterprise_credentials_enterprise_account_id_created_at_id"),
        "enterprise_credentials",
        ["enterprise_account_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "enterprise_daily_usages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("enterprise_account_id", sa.BigInteger(), nullable=False),
        sa.Column("usage_date", sa.Date(), nullable=False),
        sa.Column("request_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "request_count >= 0", name=op.f("ck_enterprise_daily_usages_request_count")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_account_id"],
            ["enterprise_accounts.id"],
            name=op.f("fk_enterprise_daily_usages_enterprise_account_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_daily_usages")),
        sa.UniqueConstraint(
            "usage_date",
            "enterprise_account_id",
            name=op.f("uq_enterprise_daily_usages_usage_date_enterprise_account_id"),
        ),
    )


def downgrade() -> None:
    for table in (
        "enterprise_daily_usages",
        "enterprise_credentials",
        "chat_messages",
        "billing_plan_changes",
        "billing_payment_attempts",
        "audit_events",
        "user_subscriptions",
        "user_privacy_requests",
        "enterprise_accounts",
        "daily_quota_usages",
        "chat_conversations",
        "users",
        "billing_plans",
    ):
        op.drop_table(table)
