"""What companies pay: terms, events of metered overage, and the payments of their invoices."""

import sqlalchemy as sa
from alembic import op

from migrations.online import has_table, refer_from_new

revision: str = "20261130_0076"
down_revision: str | None = "20261130_0042"

ACCOUNT = "enterprise_account_id"
INSTANT = sa.DateTime(timezone=True)
TERMS, EVENTS, PAYMENTS = TABLES = (
    "enterprise_billing_terms",
    "enterprise_meter_events",
    "enterprise_payments",
)
INVOICES = "enterprise_invoices"


def upgrade() -> None:
    # What nobody uses yet comes at once; then what is in use is locked, each by itself.
    if not has_table(TERMS):
        create_tables()
    with op.get_context().autocommit_block():
        refer_from_new(TERMS, [ACCOUNT], "enterprise_accounts", ["id"])
        for table in (EVENTS, PAYMENTS):
            refer_from_new(table, [ACCOUNT, "invoice_id"], INVOICES, [ACCOUNT, "id"])


def create_tables() -> None:
    terms, events, payments = TABLES
    op.create_table(
        terms,
        sa.Column(ACCOUNT, sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("monthly_price_cents", sa.BigInteger(), nullable=False),
        sa.Column("overage_price_cents", sa.BigInteger(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("payment_method", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("billed_until", sa.Date(), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f(f"ck_{terms}_currency")),
        sa.CheckConstraint(
            "monthly_price_cents >= 0 AND overage_price_cents >= 0", name=op.f(f"ck_{terms}_prices")
        ),
        sa.PrimaryKeyConstraint(ACCOUNT, name=op.f(f"pk_{terms}")),
    )
    op.create_index(f"ix_{terms}_billed_until", terms, ["billed_until"])
    op.create_table(
        events,
        sa.Column(ACCOUNT, sa.BigInteger(), nullable=False),
        sa.Column("generation_id", sa.BigInteger(), nullable=False),
        sa.Column("usage_date", sa.Date(), nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("first_sent_at", INSTANT),
        sa.Column("send_after", INSTANT, nullable=False),
        sa.Column("taken_at", INSTANT),
        sa.Column("invoice_id", sa.BigInteger()),
        sa.CheckConstraint(
            "status IN ('pending', 'sent', 'taken')", name=op.f(f"ck_{events}_status")
        ),
        sa.PrimaryKeyConstraint(ACCOUNT, "generation_id", name=op.f(f"pk_{events}")),
        sa.ForeignKeyConstraint(
            [ACCOUNT],
            ["enterprise_billing_terms.enterprise_account_id"],
            name=op.f(f"fk_{events}_{ACCOUNT}"),
        ),
    )
    op.create_index(
        f"ix_{events}_untaken",
        events,
        ["send_after"],
        postgresql_where=sa.text("status <> 'taken'"),
    )
    op.create_index(f"ix_{events}_{ACCOUNT}_invoice_id", events, [ACCOUNT, "invoice_id"])
    op.create_table(
        payments,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(ACCOUNT, sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("provider_reference", sa.Text()),
        sa.Column("failure_reason", sa.Text()),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("asked_at", INSTANT),
        sa.Column("next_check_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'succeeded', 'failed')", name=op.f(f"ck_{payments}_status")
        ),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f(f"ck_{payments}_currency")),
        sa.PrimaryKeyConstraint(ACCOUNT, "id", name=op.f(f"pk_{payments}")),
        sa.UniqueConstraint(
            ACCOUNT,
            "invoice_id",
            "attempt",
            name=op.f(f"uq_{payments}_{ACCOUNT}_invoice_id_attempt"),
        ),
    )
    op.create_index(
        f"ix_{payments}_pending",
        payments,
        ["next_check_at"],
        postgresql_where=sa.text("status = 'pending'"),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
