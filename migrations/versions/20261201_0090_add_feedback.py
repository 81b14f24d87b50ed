"""People say what they think of replies, and it is counted by day and model."""

import sqlalchemy as sa
from alembic import op

revision: str = "20261201_0090"
down_revision: str | None = "20261130_0052"

FEEDBACK, SUMS = "chat_message_feedback", "model_daily_feedback"


def upgrade() -> None:
    op.create_table(
        FEEDBACK,
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("rating", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "char_length(comment) BETWEEN 1 AND 2000", name=op.f(f"ck_{FEEDBACK}_comment")
        ),
        sa.CheckConstraint("rating IN ('up', 'down')", name=op.f(f"ck_{FEEDBACK}_rating")),
        sa.ForeignKeyConstraint(
            ["user_id", "message_id"],
            ["chat_messages.user_id", "chat_messages.id"],
            name=op.f(f"fk_{FEEDBACK}_user_id_message_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "message_id", name=op.f(f"pk_{FEEDBACK}")),
    )
    op.create_table(
        SUMS,
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        *(
            sa.Column(one, sa.BigInteger(), server_default=sa.text("0"), nullable=False)
            for one in ("up", "down")
        ),
        sa.PrimaryKeyConstraint("day", "model", "shard", name=op.f(f"pk_{SUMS}")),
    )


def downgrade() -> None:
    op.drop_table(SUMS)
    op.drop_table(FEEDBACK)
