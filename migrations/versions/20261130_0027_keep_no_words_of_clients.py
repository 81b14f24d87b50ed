"""What is kept for years has no words of clients: keys of payments as hashes, names apart.

The client's own words may say anything of anybody, and are no trace that the system left of them.
"""

from alembic import op

revision: str = "20261130_0027"
down_revision: str | None = "20261125_0025"

TABLES = ("billing_payment_attempts", "billing_plan_changes")


def upgrade() -> None:
    for table in TABLES:
        # What an erasure has left has no key any more, and nobody to use it again.
        op.execute(
            f"UPDATE {table} SET idempotency_key = "  # noqa: S608 - our own names
            "encode(sha256(convert_to(idempotency_key, 'UTF8')), 'hex') WHERE user_id IS NOT NULL"
        )
    op.execute(
        "UPDATE audit_events SET subject = 'documents', details = jsonb_build_object('said', "
        "jsonb_build_object('client', substr(subject, 8), 'documents', details->'documents')) "
        "WHERE action LIKE 'documents.%' AND subject LIKE 'client:%'"
    )


def downgrade() -> None:
    """Keys stay hashes: the version before takes a key that was used for another one, once."""
    op.execute(
        "UPDATE audit_events SET subject = 'client:' || (details->'said'->>'client'), "
        "details = jsonb_build_object('documents', details->'said'->'documents') "
        "WHERE action LIKE 'documents.%' AND subject = 'documents'"
    )
