"""Messages from before the search are queued, for the worker to index."""

from alembic import op
from sqlalchemy import text

from migrations.online import batches

revision: str = "20261130_0052"
down_revision: str | None = "20261130_0051"

# Each message is kept from being deleted until it is queued. Those that others hold are left to a
# second statement, which waits, but holds few: they would wait for each other else.
BATCHED = (
    "INSERT INTO chat_messages_to_index (user_id, message_id) SELECT user_id, id "
    "FROM chat_messages AS message WHERE id >= :first AND id < :behind AND status <> 'streaming' "
    "AND content <> ''"
)
MISSING = (
    "NOT EXISTS (SELECT FROM chat_messages_to_index AS queued "
    "WHERE queued.user_id = message.user_id AND queued.message_id = message.id) "
    "AND NOT EXISTS (SELECT FROM chat_message_searches AS indexed "
    "WHERE indexed.user_id = message.user_id AND indexed.message_id = message.id)"
)
QUEUES = (
    text(f"{BATCHED} FOR KEY SHARE SKIP LOCKED ON CONFLICT DO NOTHING"),
    text(f"{BATCHED} AND {MISSING} FOR KEY SHARE OF message ON CONFLICT DO NOTHING"),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        connection = op.get_bind()
        for first, behind in batches("chat_messages", "id"):
            for queue in QUEUES:
                connection.execute(queue, {"first": first, "behind": behind})


def downgrade() -> None:
    """The revision before drops the queue."""
