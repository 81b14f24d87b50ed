"""Searches name their person, so that of a partitioned table they read one part.

The planner is to think of the person with the most messages: it takes the index of lexemes then.
"""

from alembic import op

revision: str = "20261201_0097"
down_revision: str | None = "20261201_0094"

TABLE = "chat_message_searches"
# A partitioned table stores nothing itself, and its parts are made without what it was changed to.
EACH_STORED = """DO $$
DECLARE stored regclass;
BEGIN
  FOR stored IN
    SELECT oid FROM pg_class WHERE relkind = 'r' AND (oid = '{table}'::regclass
      OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = '{table}'::regclass))
  LOOP
    EXECUTE format('ALTER TABLE %s {change}', stored);
  END LOOP;
END
$$"""


def upgrade() -> None:
    change("SET (toast_tuple_target = 128), ALTER COLUMN user_id SET (n_distinct = 1)")
    op.execute(f"ANALYZE {TABLE} (user_id)")


def downgrade() -> None:
    change("ALTER COLUMN user_id RESET (n_distinct)")
    op.execute(f"ANALYZE {TABLE} (user_id)")


def change(how: str) -> None:
    """Change the table, or each of its parts; nobody who reads or writes waits for it."""
    op.execute(EACH_STORED.format(table=TABLE, change=how))
