"""Conversations can be pinned, and have tags."""

import sqlalchemy as sa
from alembic import op

from migrations.online import index

revision: str = "20261130_0046"
down_revision: str | None = "20261130_0045"

CONVERSATIONS, TAGS = "chat_conversations", "chat_conversation_tags"
PINNED = f"ix_{CONVERSATIONS}_pinned"
BY_TAG = ("user_id", "tag", "updated_at", "conversation_id")
OF_TAG = f"ix_{TAGS}_by_tag"


def upgrade() -> None:
    # Each step commits by itself, so that none holds what another waits for.
    with op.get_context().autocommit_block():
        op.create_table(
            TAGS,
            sa.Column("user_id", sa.BigInteger(), nullable=False),
            sa.Column("conversation_id", sa.BigInteger(), nullable=False),
            sa.Column("tag", sa.Text(), nullable=False),
            sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
            sa.CheckConstraint("char_length(tag) BETWEEN 1 AND 40", name=op.f(f"ck_{TAGS}_tag")),
            sa.ForeignKeyConstraint(
                ["user_id", "conversation_id"],
                [f"{CONVERSATIONS}.user_id", f"{CONVERSATIONS}.id"],
                name=op.f(f"fk_{TAGS}_user_id_conversation_id"),
                ondelete="CASCADE",
            ),
            sa.PrimaryKeyConstraint("user_id", "conversation_id", "tag", name=op.f(f"pk_{TAGS}")),
            if_not_exists=True,
        )
        op.add_column(
            CONVERSATIONS,
            sa.Column("is_pinned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
            if_not_exists=True,
        )
        index(OF_TAG, TAGS, BY_TAG)
        index(PINNED, CONVERSATIONS, ("user_id", "updated_at", "id"), where="is_pinned")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index(PINNED, CONVERSATIONS, postgresql_concurrently=True, if_exists=True)
    op.drop_column(CONVERSATIONS, "is_pinned")
    op.drop_table(TAGS)
