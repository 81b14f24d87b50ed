"""Privacy requests that are carried out: leases, archives, receipts, and rows of nobody.

What is kept after an erasure belongs to nobody, so that its `user_id` may be null.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "20261124_0023"
down_revision: str | None = "20261124_0022"

REQUESTS = "user_privacy_requests"
KEPT = ("user_subscriptions", "billing_payment_attempts", "billing_plan_changes", REQUESTS)
# Any: of whatever type.
COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    "started_at": sa.DateTime(timezone=True),
    "lease_owner": sa.Uuid(),
    "lease_expires_at": sa.DateTime(timezone=True),
    "remaining_references": sa.Integer(),
    "verified_at": sa.DateTime(timezone=True),
}
UNDER_WAY = "status IN ('requested', 'processing')"
CHECKS = {
    "ck_user_privacy_requests_under_way_of_somebody": f"user_id IS NOT NULL OR NOT {UNDER_WAY}",
    "ck_user_privacy_requests_verification": (
        "(verified_at IS NULL) = (remaining_references IS NULL)"
    ),
}
OWED_INDEX = "ix_user_privacy_requests_owed"
OWED = f"{UNDER_WAY} OR (status = 'failed' AND request_kind = 'delete')"


def upgrade() -> None:
    op.add_column("users", sa.Column("erasure_began_at", sa.DateTime(timezone=True)))
    for table in KEPT:
        op.alter_column(table, "user_id", nullable=True)
    op.add_column(
        REQUESTS, sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    for name, type_ in COLUMNS.items():
        op.add_column(REQUESTS, sa.Column(name, type_))
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(name), REQUESTS, condition)
    op.create_index(
        OWED_INDEX, REQUESTS, ["request_kind", "requested_at"], postgresql_where=sa.text(OWED)
    )
    _create_exports()
    _create_counts()


def downgrade() -> None:
    """Rows of nobody are lost: before, there was no place for them."""
    op.drop_table("privacy_erasure_counts")
    op.drop_table("privacy_exports")
    op.drop_index(OWED_INDEX, REQUESTS)
    for name in CHECKS:
        op.drop_constraint(op.f(name), REQUESTS)
    for name in (*COLUMNS, "attempts"):
        op.drop_column(REQUESTS, name)
    for table in reversed(KEPT):
        op.execute(f"DELETE FROM {table} WHERE user_id IS NULL")  # noqa: S608 - our own names
        op.alter_column(table, "user_id", nullable=False)
    op.drop_column("users", "erasure_began_at")


def _create_exports() -> None:
    op.create_table(
        "privacy_exports",
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("byte_size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "octet_length(token_hash) = 32", name=op.f("ck_privacy_exports_token_hash")
        ),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("ck_privacy_exports_sha256")),
        sa.ForeignKeyConstraint(
            ["request_id"], [f"{REQUESTS}.id"], name=op.f("fk_privacy_exports_request_id")
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_privacy_exports")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_privacy_exports_token_hash")),
        sa.UniqueConstraint("file_name", name=op.f("uq_privacy_exports_file_name")),
    )


def _create_counts() -> None:
    op.create_table(
        "privacy_erasure_counts",
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("row_count >= 0", name=op.f("ck_privacy_erasure_counts_row_count")),
        sa.ForeignKeyConstraint(
            ["request_id"], [f"{REQUESTS}.id"], name=op.f("fk_privacy_erasure_counts_request_id")
        ),
        sa.PrimaryKeyConstraint("request_id", "table_name", name=op.f("pk_privacy_erasure_counts")),
    )
