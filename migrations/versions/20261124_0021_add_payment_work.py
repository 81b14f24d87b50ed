"""What it takes to find out what became of a payment, and to take each event once."""

import sqlalchemy as sa
from alembic import op

revision: str = "20261124_0021"
down_revision: str | None = "20261124_0020"

ATTEMPTS = "billing_payment_attempts"


def upgrade() -> None:
    op.add_column(ATTEMPTS, sa.Column("provider_key", sa.Text()))
    op.execute("UPDATE billing_payment_attempts SET provider_key = gen_random_uuid()::text")
    op.alter_column(ATTEMPTS, "provider_key", nullable=False)
    op.add_column(ATTEMPTS, sa.Column("payment_method_token", sa.Text()))
    op.add_column(ATTEMPTS, sa.Column("asked_until", sa.DateTime(timezone=True)))
    op.add_column(
        ATTEMPTS,
        sa.Column(
            "next_check_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
    )
    op.add_column(
        ATTEMPTS, sa.Column("checks", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.create_unique_constraint(
        op.f("uq_billing_payment_attempts_provider_key"), ATTEMPTS, ["provider_key"]
    )
    op.create_index(
        "ix_billing_payment_attempts_pending",
        ATTEMPTS,
        ["next_check_at"],
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "billing_webhook_events",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("payment_attempt_id", sa.BigInteger()),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["payment_attempt_id"],
            ["billing_payment_attempts.id"],
            name=op.f("fk_billing_webhook_events_payment_attempt_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_webhook_events")),
    )
    op.create_index(
        "ix_billing_webhook_events_payment_attempt_id",
        *("billing_webhook_events", ["payment_attempt_id"]),
    )


def downgrade() -> None:
    op.drop_table("billing_webhook_events")
    op.drop_index("ix_billing_payment_attempts_pending", ATTEMPTS)
    op.drop_constraint(op.f("uq_billing_payment_attempts_provider_key"), ATTEMPTS)
    for column in (
        "checks",
        "next_check_at",
        "asked_until",
        "payment_method_token",
        "provider_key",
    ):
        op.drop_column(ATTEMPTS, column)
