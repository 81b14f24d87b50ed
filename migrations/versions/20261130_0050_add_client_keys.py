"""What clients call conversations and messages before they know their ids."""

import sqlalchemy as sa
from alembic import op

from migrations.online import refer_from_new

revision: str = "20261130_0050"
down_revision: str | None = "20261130_0076"

CONVERSATIONS, MESSAGES = "chat_conversation_keys", "chat_message_keys"


def upgrade() -> None:
    # Each step commits by itself, so that none holds what another waits for.
    with op.get_context().autocommit_block():
        create_keys(CONVERSATIONS, ("user_id", "key"), "conversation_id")
        create_keys(
            MESSAGES, ("user_id", "conversation_id", "key"), "message_id", "conversation_id"
        )


def create_keys(table: str, key: tuple[str, ...], named: str, *others: str) -> None:
    """Create a table of what clients call the objects whose ids are in the column `named`."""
    op.create_table(
        table,
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        *(sa.Column(other, sa.BigInteger(), nullable=False) for other in others),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column(named, sa.BigInteger(), nullable=False),
        sa.CheckConstraint("char_length(key) BETWEEN 1 AND 255", name=op.f(f"ck_{table}_key")),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{table}")),
        if_not_exists=True,
    )
    op.create_index(f"ix_{table}_user_id_{named}", table, ["user_id", named], if_not_exists=True)
    refer_from_new(table, ["user_id"], "users", ["id"])
    for column in (*others, named):
        target = f"chat_{column.removesuffix('_id')}s"
        refer_from_new(table, ["user_id", column], target, ["user_id", "id"], " ON DELETE CASCADE")


def downgrade() -> None:
    op.drop_table(MESSAGES)
    op.drop_table(CONVERSATIONS)
