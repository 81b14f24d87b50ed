"""Conversations fork. Those that there are have one branch, so that no row is changed.

The index of a conversation's messages is built with the branch before the one without it goes.
"""

import sqlalchemy as sa
from alembic import op

from migrations.online import index

revision: str = "20261130_0045"
down_revision: str | None = "20261130_0080"

MESSAGES, CONVERSATIONS, BRANCHES = "chat_messages", "chat_conversations", "chat_branches"
OF_BRANCH = ("conversation_id", "branch", "created_at", "id")
OF_CONVERSATION = ("conversation_id", "created_at", "id")
ORDERS = ("parent_id", "shown_order")
FIRST = sa.text("0")


def upgrade() -> None:
    # Each step commits by itself, so that none holds what another waits for.
    with op.get_context().autocommit_block():
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
                "number = 0 OR parent_branch < number",
                name=op.f(f"ck_{BRANCHES}_parents_are_older"),
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
            if_not_exists=True,
        )
        for table, column in ((CONVERSATIONS, "shown_branch"), (MESSAGES, "branch")):
            op.add_column(
                table,
                sa.Column(column, sa.Integer(), server_default=FIRST, nullable=False),
                if_not_exists=True,
            )
    for order in ORDERS:
        build_index(BRANCHES, ("user_id", "conversation_id", order))
    build_index(MESSAGES, OF_BRANCH)
    drop_index(MESSAGES, OF_CONVERSATION)


def downgrade() -> None:
    build_index(MESSAGES, OF_CONVERSATION)
    drop_index(MESSAGES, OF_BRANCH)
    op.drop_column(MESSAGES, "branch")
    op.drop_column(CONVERSATIONS, "shown_branch")
    op.drop_table(BRANCHES)


def build_index(table: str, columns: tuple[str, ...]) -> None:
    """Build an index while others write; anew, if that was interrupted before."""
    with op.get_context().autocommit_block():
        index(name_of(table, columns), table, columns)


def drop_index(table: str, columns: tuple[str, ...]) -> None:
    with op.get_context().autocommit_block():
        op.drop_index(name_of(table, columns), table, postgresql_concurrently=True, if_exists=True)


def name_of(table: str, columns: tuple[str, ...]) -> str:
    return f"ix_{table}_{'_'.join(columns)}"
