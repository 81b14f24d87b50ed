"""How often another process took a reply over, and what a company asked, for that process."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "20261130_0037"
down_revision: str | None = "20261130_0028"

COUNTED = ("reply_generations", "enterprise_generations")
ADDED = (("writer_number", "1"), ("times_abandoned", "0"), ("elapsed_ms", "0"))
REPLIES = "enterprise_generations"
KEPT_QUESTIONS = f"ix_{REPLIES}_kept_questions"


def upgrade() -> None:
    for table in COUNTED:
        for name, default in ADDED:
            op.add_column(
                table,
                sa.Column(name, sa.Integer(), server_default=sa.text(default), nullable=False),
                if_not_exists=True,
            )
    op.add_column(REPLIES, sa.Column("question", JSONB()), if_not_exists=True)
    with op.get_context().autocommit_block():
        op.create_index(
            KEPT_QUESTIONS,
            REPLIES,
            ["created_at"],
            postgresql_where=sa.text("question IS NOT NULL"),
            postgresql_concurrently=True,
            if_not_exists=True,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(KEPT_QUESTIONS, REPLIES, postgresql_concurrently=True, if_exists=True)
    op.drop_column(REPLIES, "question")
    for table in COUNTED:
        for name, _default in reversed(ADDED):
            op.drop_column(table, name)
