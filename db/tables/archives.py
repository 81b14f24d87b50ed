"""What is kept of people who were erased: rows of nobody, moved here by the erasure.

Each table has the columns of the one that it archives, but for those that lead to a person. Its
rows keep their ids, by which they refer to each other; nothing else does.
"""

import re

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, PrimaryKeyConstraint
from sqlalchemy import Table as SqlTable

from db.tables.base import Table
from db.tables.billing import BillingPaymentAttempt, BillingPlanChange, UserSubscription
from db.tables.invoices import UserInvoice, UserInvoiceLine
from db.tables.privacy import PrivacyErasureCount, UserPrivacyRequest


def archive(name: str, of: type[Table], key: str, *, without: str) -> SqlTable:
    """The table `name` for rows `of` another; `key` and `without` list columns."""
    live = Table.metadata.tables[of.__tablename__]
    left_out = set(without.split())
    columns = [_copy(column) for column in live.columns if column.name not in left_out]
    checks = [
        CheckConstraint(str(one.sqltext), str(one.name).removeprefix(f"ck_{live.name}_"))
        for one in live.constraints
        if isinstance(one, CheckConstraint)
        and left_out.isdisjoint(re.findall(r"\w+", str(one.sqltext)))
    ]
    return SqlTable(name, Table.metadata, *columns, PrimaryKeyConstraint(*key.split()), *checks)


# Any: a column of any type.
def _copy(column: "Column[object]") -> "Column[object]":
    """The column without its default; what it refers to is referred to still, if it is alone."""
    shared = [
        ForeignKey(key.target_fullname)
        for key in column.foreign_keys
        if key.constraint is not None and len(key.constraint.columns) == 1
    ]
    return Column(column.name, column.type, *shared, nullable=column.nullable, autoincrement=False)


ARCHIVED_SUBSCRIPTIONS = archive(
    "archived_subscriptions", UserSubscription, "id", without="user_id due_at"
)
ARCHIVED_PAYMENTS = archive(
    "archived_payment_attempts",
    BillingPaymentAttempt,
    "id",
    without="user_id idempotency_key payment_method_token customer client_secret",
)
Index("ix_archived_payment_attempts_provider_key", ARCHIVED_PAYMENTS.c.provider_key)
Index(
    "ix_archived_payment_attempts_pending",
    ARCHIVED_PAYMENTS.c.next_check_at,
    postgresql_where="status = 'pending'",
)
ARCHIVED_PLAN_CHANGES = archive(
    "archived_plan_changes", BillingPlanChange, "id", without="user_id idempotency_key"
)
ARCHIVED_INVOICES = archive("archived_invoices", UserInvoice, "id", without="user_id recipient")
ARCHIVED_INVOICE_LINES = archive(
    "archived_invoice_lines", UserInvoiceLine, "invoice_id line_number", without="user_id"
)
ARCHIVED_REQUESTS = archive(
    "archived_privacy_requests",
    UserPrivacyRequest,
    "id",
    without="user_id attempts lease_owner lease_expires_at",
)
ARCHIVED_ERASURE_COUNTS = archive(
    "archived_erasure_counts", PrivacyErasureCount, "request_id table_name", without="user_id"
)
