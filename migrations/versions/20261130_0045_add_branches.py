"""Conversations fork. Those that there are have one branch, so that no row is changed.

The index of a conversation's messages is built with the branch before the one without it goes.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "20261130_0045"
down_revision: str | None = "20261130_0041"

MESSAGES, CONVERSATIONS, BRANCHES = "chat_messages", "chat_conversations", "chat_branches"
OF_BRANCH = ("conversation_id", "branch", "created_at", "id")
OF_CONVERSATION = ("conversation_id", "created_at", "id")
ORDERS = ("parent_id", "shown_order")
FIRST = sa.text("0")


def upgrade() -> None:
    op.create_table(
        BRANCHES,
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("parent_branch", sa.Integer(), nullable=False),
        sa.Column("parent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown_order", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "number = 0 OR parent_branch < number", name=op.f(f"ck_{BRANCHES}_parents_are_older")
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "conversation_id"],
            [f"{CONVERSATIONS}.user_id", f"{CONVERSATIONS}.id"],
            name=op.f(f"fk_{BRANCHES}_user_id_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "user_id", "conversation_id", "number", name=op.f(f"pk_{BRANCHES}")
        ),
    )
    for order in ORDERS:
        columns = ["user_id", "conversation_id", order]
        op.create_index(op.f(f"ix_{BRANCHES}_{'_'.join(columns)}"), BRANCHES, columns)
    for table, column in ((CONVERSATIONS, "shown_branch"), (MESSAGES, "branch")):
        op.add_column(table, sa.Column(column, sa.Integer(), server_default=FIRST, nullable=False))
    replace_index(OF_CONVERSATION, OF_BRANCH)


def downgrade() -> None:
    replace_index(OF_BRANCH, OF_CONVERSATION)
    op.drop_column(MESSAGES, "branch")
    op.drop_column(CONVERSATIONS, "shown_branch")
    op.drop_table(BRANCHES)


def replace_index(old: tuple[str, ...], new: tuple[str, ...]) -> None:
    """Build the one index of messages before the other is dropped; again, if it was interrupted."""
    with op.get_context().autocommit_block():
        op.drop_index(
            f"ix_{MESSAGES}_{'_'.join(new)}",
            MESSAGES,
            postgresql_concurrently=True,
            if_exists=True,
        )
        op.create_index(
            f"ix_{MESSAGES}_{'_'.join(new)}", MESSAGES, [*new], postgresql_concurrently=True
        )
        op.drop_index(
            f"ix_{MESSAGES}_{'_'.join(old)}",
            MESSAGES,
            postgresql_concurrently=True,
            if_exists=True,
        )
