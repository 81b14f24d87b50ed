"""Subscriptions have billing periods, and payments say what they are for.

A subscription from before has no period yet: its `due_at` is long past, so that the worker gives
it the month that is under way, counted from the day on which it was first paid. Nothing is charged
for the past; what the version before adds while both are running is treated alike.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations.online import has_constraint, index

revision: str = "20261130_0070"
down_revision: str | None = "20261130_0041"

SUBSCRIPTIONS, ATTEMPTS = "user_subscriptions", "billing_payment_attempts"
PLANS, CHANGES = "billing_plans", "billing_plan_changes"
INSTANT, COUNT, NAME = sa.DateTime(timezone=True), sa.Integer(), sa.Text()
ADDED = (
    (PLANS, "trial_days", COUNT, "0"),
    (SUBSCRIPTIONS, "period_anchor_at", INSTANT, None),
    (SUBSCRIPTIONS, "current_period_start", INSTANT, None),
    (SUBSCRIPTIONS, "current_period_end", INSTANT, None),
    (SUBSCRIPTIONS, "period_price_cents", COUNT, None),
    (SUBSCRIPTIONS, "trial_ends_at", INSTANT, None),
    (SUBSCRIPTIONS, "cancel_at_period_end", sa.Boolean(), "false"),
    (SUBSCRIPTIONS, "next_plan_code", NAME, None),
    (SUBSCRIPTIONS, "past_due_since", INSTANT, None),
    (SUBSCRIPTIONS, "grace_ends_at", INSTANT, None),
    (ATTEMPTS, "kind", NAME, "'checkout'"),
    (ATTEMPTS, "period_start", INSTANT, None),
    (ATTEMPTS, "period_end", INSTANT, None),
    (ATTEMPTS, "plan_price_cents", COUNT, None),
    (ATTEMPTS, "customer", NAME, None),
    (ATTEMPTS, "client_secret", NAME, None),
    (ATTEMPTS, "expires_at", INSTANT, None),
    (ATTEMPTS, "refund_of_id", sa.BigInteger(), None),
    (CHANGES, "from_price_cents", COUNT, None),
    (CHANGES, "to_price_cents", COUNT, None),
)
"""A column with a default is not null."""
ARCHIVES = {
    SUBSCRIPTIONS: "archived_subscriptions",
    ATTEMPTS: "archived_payment_attempts",
    CHANGES: "archived_plan_changes",
}
NOT_ARCHIVED = {"customer", "client_secret"}
OF_SUBSCRIPTION = ("'inactive', 'pending', 'active'", ", 'past_due'", ", 'failed'")
OF_PAYMENT = ("'pending'", ", 'requires_action'", ", 'succeeded', 'failed'")
STATES = {
    SUBSCRIPTIONS: OF_SUBSCRIPTION,
    ATTEMPTS: OF_PAYMENT,
    ARCHIVES[SUBSCRIPTIONS]: OF_SUBSCRIPTION,
    ARCHIVES[ATTEMPTS]: OF_PAYMENT,
}
KINDS = "'checkout', 'trial', 'renewal', 'proration', 'method', 'refund'"
CHECKS = (
    (PLANS, f"ck_{PLANS}_trial_days", "CHECK (trial_days >= 0)"),
    (
        SUBSCRIPTIONS,
        f"ck_{SUBSCRIPTIONS}_period",
        "CHECK (current_period_start < current_period_end)",
    ),
    (
        SUBSCRIPTIONS,
        f"fk_{SUBSCRIPTIONS}_next_plan_code",
        f"FOREIGN KEY (next_plan_code) REFERENCES {PLANS} (code)",
    ),
    (ATTEMPTS, f"ck_{ATTEMPTS}_kind", f"CHECK (kind IN ({KINDS}))"),
    (
        ARCHIVES[SUBSCRIPTIONS],
        f"ck_{ARCHIVES[SUBSCRIPTIONS]}_period",
        "CHECK (current_period_start < current_period_end)",
    ),
    (
        ARCHIVES[SUBSCRIPTIONS],
        f"fk_{ARCHIVES[SUBSCRIPTIONS]}_next_plan_code",
        f"FOREIGN KEY (next_plan_code) REFERENCES {PLANS} (code)",
    ),
    (ARCHIVES[ATTEMPTS], f"ck_{ARCHIVES[ATTEMPTS]}_kind", f"CHECK (kind IN ({KINDS}))"),
)
LIVE = "uq_user_subscriptions_live"
LIVING = "status IN ('pending', 'active', 'past_due')"
LIVED = "status IN ('pending', 'active')"
INDEXES = (
    ("ix_user_subscriptions_due", SUBSCRIPTIONS, "due_at", "status IN ('active', 'past_due')"),
    (f"ix_{ATTEMPTS}_waiting", ATTEMPTS, "expires_at", "status = 'requires_action'"),
    (f"ix_{ATTEMPTS}_refunds", ATTEMPTS, "user_id, refund_of_id", "refund_of_id IS NOT NULL"),
)
LONG_PAST = sa.text("'1970-01-01 00:00:00+00'::timestamptz")


def upgrade() -> None:
    # Each step commits by itself, so that none holds what another waits for.
    with op.get_context().autocommit_block():
        for table, name, type_, default in ADDED:
            server_default = None if default is None else sa.text(default)
            nullable = default is None
            op.add_column(
                table,
                sa.Column(name, type_, server_default=server_default, nullable=nullable),
                if_not_exists=True,
            )
            if table in ARCHIVES and name not in NOT_ARCHIVED:
                _add_to_archive(ARCHIVES[table], name, type_, default)
        op.add_column(
            SUBSCRIPTIONS,
            sa.Column("due_at", INSTANT, server_default=LONG_PAST),
            if_not_exists=True,
        )
        op.create_table(
            "billing_customers",
            sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
            sa.Column("customer", sa.Text(), nullable=False),
            sa.Column("payment_method", sa.Text()),
            sa.Column("updated_at", INSTANT, server_default=sa.text("now()"), nullable=False),
            sa.ForeignKeyConstraint(
                ["user_id"], ["users.id"], name=op.f("fk_billing_customers_user_id")
            ),
            sa.PrimaryKeyConstraint("user_id", name=op.f("pk_billing_customers")),
            if_not_exists=True,
        )
        for table, (before, added, after) in STATES.items():
            _check_status(table, before + added + after)
        for table, name, rule in CHECKS:
            if not has_constraint(name, table):
                op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {rule} NOT VALID")
        for table in STATES:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_status")
        for table, name, _rule in CHECKS:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
        for name, table, column, rows in INDEXES:
            index(name, table, column.split(", "), where=rows)
        _replace_live_index(LIVING)


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute(f"UPDATE {SUBSCRIPTIONS} SET status = 'failed' WHERE status = 'past_due'")  # noqa: S608 - our own names
        op.execute(f"UPDATE {ATTEMPTS} SET status = 'failed' WHERE status = 'requires_action'")  # noqa: S608 - our own names
        archive = ARCHIVES[ATTEMPTS]
        op.execute(f"UPDATE {archive} SET status = 'failed' WHERE status = 'requires_action'")  # noqa: S608 - our own names
        _replace_live_index(LIVED)
        for name, table, _column, _rows in INDEXES:
            op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)
    for table, name, _rule in CHECKS:
        op.drop_constraint(op.f(name), table)
    for table, (before, _added, after) in STATES.items():
        _check_status(table, before + after)
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_status")
    op.drop_table("billing_customers")
    op.drop_column(SUBSCRIPTIONS, "due_at")
    for table, name, _type, _default in reversed(ADDED):
        op.drop_column(table, name)
        if table in ARCHIVES and name not in NOT_ARCHIVED:
            op.drop_column(ARCHIVES[table], name)


# Any: a type of columns.
def _add_to_archive(archive: str, name: str, type_: Any, default: str | None) -> None:
    """Add a column to what erasures keep, where nothing has a default."""
    server_default = None if default is None else sa.text(default)
    nullable = default is None
    op.add_column(
        archive,
        sa.Column(name, type_, server_default=server_default, nullable=nullable),
        if_not_exists=True,
    )
    if default is not None:
        op.alter_column(archive, name, server_default=None)


def _check_status(table: str, states: str) -> None:
    """Let the status be one of `states`, which has no lock read the rows."""
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_status")
    op.execute(
        f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_status CHECK (status IN ({states})) "
        "NOT VALID"
    )


def _replace_live_index(rows: str) -> None:
    """Build the index on other rows beside the one in use, and put it in its place.

    One that was built before an interruption stays: it may be the only one.
    """
    index(f"{LIVE}_next", SUBSCRIPTIONS, ("user_id",), where=rows, is_unique=True)
    op.drop_index(LIVE, SUBSCRIPTIONS, postgresql_concurrently=True, if_exists=True)
    op.execute(f"ALTER INDEX {LIVE}_next RENAME TO {LIVE}")
