"""The six composite indexes of the performance report of 2026-02-20.

Built without blocking writers. A build that was interrupted leaves an index that PostgreSQL calls
invalid and never uses; running the migration again drops it and builds it anew.
"""

from alembic import op
from sqlalchemy import text

revision: str = "20260220_0019"
down_revision: str | None = "20260220_0018"

INDEXES = {
    "chat_conversations": (
        ("user_id", "status", "updated_at", "id"),
        ("user_id", "updated_at", "id"),
    ),
    "chat_messages": (("conversation_id", "created_at", "id"),),
    "user_privacy_requests": (("user_id", "request_kind", "requested_at", "id"),),
    "user_subscriptions": (("user_id", "updated_at", "id"),),
    "enterprise_daily_usages": (("enterprise_account_id", "usage_date"),),
}
NAMED = [
    (f"ix_{table}_{'_'.join(columns)}", table, columns)
    for table, indexes in INDEXES.items()
    for columns in indexes
]
INVALID = text(
    "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE NOT indisvalid"
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        invalid = set(op.get_bind().scalars(INVALID))
        for name, table, columns in NAMED:
            if name in invalid:
                op.drop_index(name, postgresql_concurrently=True)
            op.create_index(name, table, columns, postgresql_concurrently=True, if_not_exists=True)


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for name, table, _columns in NAMED:
            op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)
