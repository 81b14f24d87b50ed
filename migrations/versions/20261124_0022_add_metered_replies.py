"""Metered replies of companies: written once for an idempotency key, and each worth a unit."""

import sqlalchemy as sa
from alembic import op

revision: str = "20261124_0022"
down_revision: str | None = "20261124_0021"


def upgrade() -> None:
    op.create_table(
        "enterprise_generations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("enterprise_account_id", sa.BigInteger(), nullable=False),
        sa.Column("credential_id", sa.BigInteger(), nullable=False),
        sa.Column("usage_date", sa.Date(), nullable=False),
        sa.Column("is_overage", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'running'"), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=False),
        sa.Column("lease_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("content", sa.Text()),
        sa.Column("failure_reason", sa.Text()),
        sa.Column("retry_after_seconds", sa.Integer()),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("prompt_tokens", sa.Integer()),
        sa.Column("completion_tokens", sa.Integer()),
        sa.Column("latency_ms", sa.Integer()),
        sa.CheckConstraint(
            "status IN ('running', 'complete', 'failed')",
            name=op.f("ck_enterprise_generations_status"),
        ),
        sa.CheckConstraint(
            "failure_reason IN ('unavailable', 'timed_out', 'refused', 'too_long', 'interrupted')",
            name=op.f("ck_enterprise_generations_failure_reason"),
        ),
        sa.CheckConstraint(
            "(status = 'failed') = (failure_reason IS NOT NULL)",
            name=op.f("ck_enterprise_generations_failed_has_reason"),
        ),
        sa.CheckConstraint(
            "status = 'complete' OR content IS NULL",
            name=op.f("ck_enterprise_generations_only_whole_texts"),
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_account_id"],
            ["enterprise_accounts.id"],
            name=op.f("fk_enterprise_generations_enterprise_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["credential_id"],
            ["enterprise_credentials.id"],
            name=op.f("fk_enterprise_generations_credential_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_generations")),
    )
    for name, column, condition in (
        ("running", "lease_expires_at", "status = 'running'"),
        ("running_owner", "owner", "status = 'running'"),
        ("kept_texts", "created_at", "content IS NOT NULL"),
    ):
        op.create_index(
            f"ix_enterprise_generations_{name}",
            *("enterprise_generations", [column]),
            postgresql_where=sa.text(condition),
        )
    op.create_index(
        "ix_enterprise_generations_enterprise_account_id_usage_date",
        *("enterprise_generations", ["enterprise_account_id", "usage_date"]),
    )


def downgrade() -> None:
    op.drop_table("enterprise_generations")
