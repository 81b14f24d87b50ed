"""How quickly clients' documents are to be answered: each by itself, or all of a client's."""

import sqlalchemy as sa
from alembic import op

revision: str = "20261130_0028"
down_revision: str | None = "20261130_0027"

OBJECTIVES = "trusted_document_objectives"


def upgrade() -> None:
    op.create_table(
        OBJECTIVES,
        sa.Column("client_name", sa.Text(), nullable=False),
        sa.Column("operation_name", sa.Text(), nullable=False),
        sa.Column("p95_ms", sa.Integer(), nullable=False),
        sa.Column("p99_ms", sa.Integer(), nullable=False),
        sa.CheckConstraint("0 < p95_ms AND p95_ms <= p99_ms", name=op.f(f"ck_{OBJECTIVES}_order")),
        sa.PrimaryKeyConstraint("client_name", "operation_name", name=op.f(f"pk_{OBJECTIVES}")),
    )


def downgrade() -> None:
    op.drop_table(OBJECTIVES)
