"""Messages are searched: what they are found by, and which are still to be indexed.

No extension is needed. A trigger queues each message once its text is final, whoever writes it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision: str = "20261130_0051"
down_revision: str | None = "20261130_0050"

SEARCHES, QUEUE = "chat_message_searches", "chat_messages_to_index"
FUNCTION = "queue_message_to_index"
QUEUED = f"""
CREATE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO {QUEUE} (user_id, message_id) VALUES (NEW.user_id, NEW.id) ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$$"""  # noqa: S608 - names of ours
HAS_TEXT = "NEW.status <> 'streaming' AND NEW.content <> ''"
NEW_MESSAGE = f"""
CREATE TRIGGER queue_new_message AFTER INSERT ON chat_messages
FOR EACH ROW WHEN ({HAS_TEXT}) EXECUTE FUNCTION {FUNCTION}()"""
ENDED_REPLY = f"""
CREATE TRIGGER queue_ended_reply AFTER UPDATE OF status ON chat_messages
FOR EACH ROW WHEN ({HAS_TEXT} AND OLD.status = 'streaming') EXECUTE FUNCTION {FUNCTION}()"""


def upgrade() -> None:
    op.create_table(
        SEARCHES,
        *of_message(),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lexemes", TSVECTOR(), nullable=False),
    )
    op.execute(f"ALTER TABLE {SEARCHES} SET (toast_tuple_target = 128)")
    op.create_index(
        None,
        SEARCHES,
        ["lexemes"],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    op.create_index(None, SEARCHES, ["user_id", "created_at", "place"])
    op.create_table(QUEUE, *of_message())
    for statement in (QUEUED, NEW_MESSAGE, ENDED_REPLY):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER queue_new_message ON chat_messages")
    op.execute("DROP TRIGGER queue_ended_reply ON chat_messages")
    op.execute(f"DROP FUNCTION {FUNCTION}")
    op.drop_table(QUEUE)
    op.drop_table(SEARCHES)


def of_message() -> tuple[sa.Column[int] | sa.Constraint, ...]:
    return (
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "message_id"],
            ["chat_messages.user_id", "chat_messages.id"],
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "message_id"),
    )
