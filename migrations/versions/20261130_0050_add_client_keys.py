"""What clients call conversations and messages before they know their ids."""

import sqlalchemy as sa
from alembic import op

revision: str = "20261130_0050"
down_revision: str | None = "20261130_0076"

CONVERSATIONS, MESSAGES = "chat_conversation_keys", "chat_message_keys"


def of_user(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id", column], [f"{target}.user_id", f"{target}.id"], ondelete="CASCADE"
    )


def upgrade() -> None:
    op.create_table(
        CONVERSATIONS,
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "char_length(key) BETWEEN 1 AND 255", name=op.f(f"ck_{CONVERSATIONS}_key")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"]),
        of_user("conversation_id", "chat_conversations"),
        sa.PrimaryKeyConstraint("user_id", "key"),
    )
    op.create_index(None, CONVERSATIONS, ["user_id", "conversation_id"])
    op.create_table(
        MESSAGES,
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("char_length(key) BETWEEN 1 AND 255", name=op.f(f"ck_{MESSAGES}_key")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"]),
        of_user("conversation_id", "chat_conversations"),
        of_user("message_id", "chat_messages"),
        sa.PrimaryKeyConstraint("user_id", "conversation_id", "key"),
    )
    op.create_index(None, MESSAGES, ["user_id", "message_id"])


def downgrade() -> None:
    op.drop_table(MESSAGES)
    op.drop_table(CONVERSATIONS)
