"""What statements about payments have in common, those of erased people included.

How long a process may ask the provider about one is measured by the database's clock.
"""

from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Double,
    Integer,
    Interval,
    Text,
    and_,
    bindparam,
    func,
    literal_column,
    null,
    select,
    true,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from db.queries.clauses.expressions import literal_text
from db.states import PaymentStatus

_SECOND = literal_column("interval '1 second'", Interval)
_LONGEST_WAIT = literal_column("interval '1 hour'", Interval)
_DOUBLINGS = literal_column("12", Integer)
"""The largest exponent of the backoff; it exceeds `_LONGEST_WAIT`, and keeps numbers in range."""
asked_until = func.clock_timestamp() + bindparam("patience_seconds", type_=Double) * _SECOND
"""Until when the process that is told `patience_seconds` may ask the provider."""
# Any: columns of all types.
Columns = ReadOnlyColumnCollection[str, ColumnElement[Any]]
_PERSONAL = ("user_id", "payment_method_token", "customer", "client_secret")
_SHOWN = (
    *("id", "subscription_id", "plan_code", "status", "amount_cents", "currency"),
    *("provider_key", "failure_reason", "created_at", "kind", "period_start", "period_end"),
    *("plan_price_cents", "expires_at", "refund_of_id", "provider_reference"),
)


# Any: columns of all types.
def payment_columns(columns: Columns) -> tuple[ColumnElement[Any], ...]:
    """A payment as it is read; an archived one has no person, and nothing that takes money."""
    personal = (columns[name] if name in columns else null().label(name) for name in _PERSONAL)
    # Only the first request to the provider makes the payment; later ones check on it.
    is_being_made = and_(
        columns["checks"] == literal_column("0"),
        columns["asked_until"] > func.clock_timestamp(),
    )
    shown = (columns[name] for name in _SHOWN)
    return *personal, *shown, is_being_made.label("is_being_made")


# Any: values of every type.
def settlement_values(columns: Columns) -> dict[str, ColumnElement[Any]]:
    """What is stored of a payment that has ended."""
    return {
        "status": bindparam("new_status"),
        "provider_reference": func.coalesce(
            bindparam("reference", type_=Text), columns["provider_reference"]
        ),
        "failure_reason": bindparam("new_failure_reason", type_=Text),
        "asked_until": null(),
        "updated_at": bindparam("now"),
    }


# Any: values of every type.
def postponement(columns: Columns) -> dict[str, ColumnElement[Any]]:
    """What is stored of a payment that the provider cannot say anything about."""
    doublings = func.least(columns["checks"], _DOUBLINGS)
    wait = func.least(_LONGEST_WAIT, func.power(2, doublings) * _SECOND)
    return {"asked_until": null(), "next_check_at": func.clock_timestamp() + wait}


# Any: values of every type.
def claim(columns: Columns) -> dict[str, ColumnElement[Any]]:
    """What is stored of a payment that a process checks."""
    return {"checks": columns["checks"] + 1, "asked_until": asked_until}


# Any: columns of all types.
def overdue(columns: Columns, *key: str) -> CTE:
    """The key of a pending payment whose check is due, locked."""
    is_being_checked = columns["asked_until"] >= func.clock_timestamp()
    return (
        select(*(columns[name] for name in key))
        .where(
            # A literal, as in the partial index: a generic plan could not use it with a parameter.
            columns["status"] == literal_text(PaymentStatus.PENDING),
            columns["next_check_at"] <= func.clock_timestamp(),
            is_being_checked.is_not(true()),
        )
        .order_by(columns["next_check_at"])
        .limit(literal_column("1"))
        .with_for_update(skip_locked=True)
        .cte("overdue")
    )
