"""Which models may write replies, what each wrote, and what that took."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from migrations.online import has_constraint, refer_from_new

revision: str = "20261130_0060"
down_revision: str | None = "20261130_0046"

COUNTS = ("prompt_tokens", "cached_tokens", "completion_tokens", "reasoning_tokens", "cost_micros")
PARTS = {
    "generation_parts": ("user_id", "users", "chat_messages"),
    "enterprise_generation_parts": (
        "enterprise_account_id",
        "enterprise_accounts",
        "enterprise_generations",
    ),
}
SUMS = {
    "model_daily_usages": ("user_id", "users"),
    "enterprise_model_daily_usages": ("enterprise_account_id", "enterprise_accounts"),
}
TOTALS = "model_daily_totals"
KEY = ("usage_date", "model", "currency")
REASONS = ("unavailable", "timed_out", "refused", "too_long", "interrupted")
FAILING = ("chat_messages", "enterprise_generations")
CONVERSATIONS, ORIGIN = "chat_conversations", "ck_chat_conversations_title_origin"


def upgrade() -> None:
    # Each step commits by itself, so that none holds what another waits for.
    with op.get_context().autocommit_block():
        for table, (owner, owners, replies) in PARTS.items():
            add_parts(table, owner, owners, replies)
        for table, (owner, owners) in SUMS.items():
            add_sums(table, owner, sa.BigInteger(), (owner, *KEY))
            refer_from_new(table, [owner], owners, ["id"])
        add_sums(TOTALS, "shard", sa.SmallInteger(), (*KEY, "shard"))
        for table in ("billing_plans", "reply_generations"):
            op.add_column(table, sa.Column("models", ARRAY(sa.Text())), if_not_exists=True)
        add_title_origin()
        restrict((*REASONS[:4], "context_too_long", REASONS[4]))


def downgrade() -> None:
    for table in FAILING:
        op.execute(
            f"UPDATE {table} SET failure_reason = 'too_long' "  # noqa: S608 - of ours
            "WHERE failure_reason = 'context_too_long'"
        )
    restrict(REASONS)
    op.drop_column(CONVERSATIONS, "title_origin")
    op.drop_column("reply_generations", "models")
    op.drop_column("billing_plans", "models")
    for table in (TOTALS, *SUMS, *PARTS):
        op.drop_table(table)


def add_parts(table: str, owner: str, owners: str, replies: str) -> None:
    op.create_table(
        table,
        sa.Column("part_number", sa.SmallInteger(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("start_offset", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.BigInteger()) for name in COUNTS),
        sa.Column("currency", sa.Text()),
        sa.Column(owner, sa.BigInteger(), nullable=False),
        sa.Column("reply_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("start_offset >= 0", name=op.f(f"ck_{table}_start_offset")),
        sa.PrimaryKeyConstraint(owner, "reply_id", "part_number", name=op.f(f"pk_{table}")),
        if_not_exists=True,
    )
    refer_from_new(table, [owner], owners, ["id"])
    then = " ON DELETE CASCADE" if owner == "user_id" else ""
    refer_from_new(table, [owner, "reply_id"], replies, [owner, "id"], then)


# Any: what integers the column has.
def add_sums(
    table: str, column: str, type_: sa.types.TypeEngine[Any], key: tuple[str, ...]
) -> None:
    op.create_table(
        table,
        *sums(),
        sa.Column(column, type_, nullable=False),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{table}")),
        if_not_exists=True,
    )


def add_title_origin() -> None:
    op.add_column(
        CONVERSATIONS,
        sa.Column("title_origin", sa.Text(), server_default=sa.text("'person'"), nullable=False),
        if_not_exists=True,
    )
    if not has_constraint(ORIGIN, CONVERSATIONS):
        op.execute(
            f"ALTER TABLE {CONVERSATIONS} ADD CONSTRAINT {ORIGIN} "
            "CHECK (title_origin IN ('message', 'model', 'person')) NOT VALID"
        )


# Any: columns of several types.
def sums() -> tuple[sa.Column[Any], ...]:
    zero = sa.text("0")
    counted = ("calls", "unreported_calls", *COUNTS)
    return (
        sa.Column("usage_date", sa.Date(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        *(sa.Column(one, sa.BigInteger(), server_default=zero, nullable=False) for one in counted),
    )


def restrict(reasons: tuple[str, ...]) -> None:
    """Replace the checks of reasons by ones that hold for new rows at once.

    They are validated by the next revision, which blocks nobody while it reads the tables.
    """
    literals = ", ".join(f"'{one}'" for one in reasons)
    for table in FAILING:
        name = f"ck_{table}_failure_reason"
        op.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} "
            f"CHECK (failure_reason IN ({literals})) NOT VALID"
        )
