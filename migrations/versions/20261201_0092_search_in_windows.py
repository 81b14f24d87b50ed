"""Messages are searched in windows; those that are indexed already are indexed again by the worker.

The version before goes on with lexemes of its own form, which are the default.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "20261201_0092"
down_revision: str | None = "20261201_0090"

SEARCHES = "chat_message_searches"
PLACES, EARLIER = "ix_chat_message_searches_user_id_place", "ix_chat_message_searches_earlier_form"


# The revision before knows the earlier form alone.
AGAIN = """WITH removed AS (DELETE FROM chat_message_searches RETURNING user_id, message_id)
INSERT INTO chat_messages_to_index (user_id, message_id)
SELECT user_id, message_id FROM removed ON CONFLICT DO NOTHING"""


def upgrade() -> None:
    op.add_column(
        SEARCHES,
        sa.Column("form", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        if_not_exists=True,
    )
    with op.get_context().autocommit_block():
        index(PLACES, ["user_id", "place"])
        index(EARLIER, ["user_id", "message_id"], where="form = 1")


def downgrade() -> None:
    op.execute(AGAIN)
    with op.get_context().autocommit_block():
        op.drop_index(EARLIER, SEARCHES, postgresql_concurrently=True, if_exists=True)
        op.drop_index(PLACES, SEARCHES, postgresql_concurrently=True, if_exists=True)
    op.drop_column(SEARCHES, "form", if_exists=True)


def index(name: str, columns: list[str], where: str | None = None) -> None:
    """Make an index that nobody has to wait for."""
    op.create_index(
        name,
        SEARCHES,
        columns,
        postgresql_where=None if where is None else sa.text(where),
        postgresql_concurrently=True,
        if_not_exists=True,
    )
