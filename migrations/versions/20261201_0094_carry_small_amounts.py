"""Differences too small to be charged are carried; a company's payment keeps what it is charged to.

What the version before records carries nothing, as null says.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "20261201_0094"
down_revision: str | None = "20261201_0092"

CHANGES = ("billing_plan_changes", "archived_plan_changes")
PAYMENTS = "enterprise_payments"
CHARGED_TO = ("customer", "payment_method")


def upgrade() -> None:
    # Each step commits by itself, so that none holds what another waits for.
    with op.get_context().autocommit_block():
        for table in CHANGES:
            op.add_column(table, sa.Column("carried_cents", sa.Integer()), if_not_exists=True)
        for column in CHARGED_TO:
            op.add_column(PAYMENTS, sa.Column(column, sa.Text()), if_not_exists=True)


def downgrade() -> None:
    for column in CHARGED_TO:
        op.drop_column(PAYMENTS, column)
    for table in CHANGES:
        op.drop_column(table, "carried_cents")
