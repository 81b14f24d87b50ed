"""Statements about what the payment provider knows people by."""

from datetime import datetime

from sqlalchemy import Text, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from db.database import Connection
from db.row import Row
from db.statement import Statement, repository_method
from db.tables import BillingCustomer

_BY_USER = Statement(
    "billing.customer_by_user",
    select(BillingCustomer.customer, BillingCustomer.payment_method).where(
        BillingCustomer.user_id == bindparam("user_id")
    ),
)
_insert = insert(BillingCustomer).values(
    user_id=bindparam("user_id"),
    customer=bindparam("customer"),
    payment_method=bindparam("payment_method", type_=Text),
    updated_at=bindparam("now"),
)
_STORE = Statement(
    "billing.store_customer",
    _insert.on_conflict_do_update(
        index_elements=[BillingCustomer.user_id],
        set_={
            "customer": _insert.excluded.customer,
            "payment_method": func.coalesce(
                _insert.excluded.payment_method, BillingCustomer.payment_method
            ),
            "updated_at": _insert.excluded.updated_at,
        },
    ),
)

_FORGET = Statement(
    "billing.forget_customer",
    delete(BillingCustomer).where(
        BillingCustomer.user_id == bindparam("user_id"),
        BillingCustomer.customer == bindparam("customer"),
    ),
)


@repository_method
async def by_user(connection: Connection, user_id: int) -> Row | None:
    """A person's customer, and the method that is stored for it."""
    rows = await connection.fetch(_BY_USER, user_id=user_id)
    return rows[0] if rows else None


@repository_method
async def store(
    connection: Connection,
    user_id: int,
    *,
    customer: str,
    payment_method: str | None,
    now: datetime,
) -> None:
    """Store a person's customer, and the method if there is a new one."""
    await connection.fetch(
        _STORE, user_id=user_id, customer=customer, payment_method=payment_method, now=now
    )


@repository_method
async def forget(connection: Connection, user_id: int, customer: str) -> None:
    """Delete a person's customer with its method, unless it is another one by now."""
    await connection.fetch(_FORGET, user_id=user_id, customer=customer)
