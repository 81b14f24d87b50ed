"""Messages from before the search are queued, for the worker to index."""

from alembic import op
from sqlalchemy import text

revision: str = "20261130_0052"
down_revision: str | None = "20261130_0051"

BATCH = 10_000
NEWEST = text("SELECT max(id) FROM chat_messages")
QUEUE = text(
    "INSERT INTO chat_messages_to_index (user_id, message_id) SELECT user_id, id "
    "FROM chat_messages WHERE id >= :first AND id < :behind AND status <> 'streaming' "
    "AND content <> '' ON CONFLICT DO NOTHING"
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        connection = op.get_bind()
        for first in range(0, (connection.scalar(NEWEST) or 0) + 1, BATCH):
            connection.execute(QUEUE, {"first": first, "behind": first + BATCH})


def downgrade() -> None:
    """The revision before drops the queue."""
