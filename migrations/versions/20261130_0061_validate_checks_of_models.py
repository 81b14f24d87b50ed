"""Validate the checks that the revision before has added; reading the tables blocks nobody."""

from alembic import op

revision: str = "20261130_0061"
down_revision: str | None = "20261130_0060"

ADDED = (
    ("chat_conversations", "title_origin"),
    ("chat_messages", "failure_reason"),
    ("enterprise_generations", "failure_reason"),
)


def upgrade() -> None:
    for table, check in ADDED:
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_{check}")


def downgrade() -> None:
    """Nothing is undone: a check that was validated may be validated again."""
