"""Which operations of clients agents may call as tools, and what a caller may spend on each."""

import sqlalchemy as sa
from alembic import op

revision: str = "20261130_0080"
down_revision: str | None = "20261130_0075"

TOOLS = "trusted_document_tools"
LIMITED = ("cost", "bytes", "ms")


def upgrade() -> None:
    op.create_table(
        TOOLS,
        sa.Column("client_name", sa.Text(), nullable=False),
        sa.Column("operation_name", sa.Text(), nullable=False),
        *(sa.Column(f"{one}_per_call", sa.Integer(), nullable=False) for one in LIMITED),
        *(sa.Column(f"{one}_per_day", sa.BigInteger(), nullable=False) for one in LIMITED),
        *(
            sa.CheckConstraint(
                f"0 < {one}_per_call AND {one}_per_call <= {one}_per_day",
                name=op.f(f"ck_{TOOLS}_{one}"),
            )
            for one in LIMITED
        ),
        sa.PrimaryKeyConstraint("client_name", "operation_name", name=op.f(f"pk_{TOOLS}")),
    )


def downgrade() -> None:
    op.drop_table(TOOLS)
