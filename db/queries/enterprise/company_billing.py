"""Statements about companies' terms, the invoices of their months, and the payments of those."""

from datetime import date

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_or_update

from db.database import Connection
from db.queries.clauses.expressions import literal_text
from db.row import Row
from db.statement import Statement, repository_method
from db.states import MeteredReplyStatus
from db.tables import (
    EnterpriseBillingTerms,
    EnterpriseGeneration,
    EnterpriseMeterEvent,
    EnterprisePayment,
)

_TERMS, _EVENT, _PAYMENT = EnterpriseBillingTerms, EnterpriseMeterEvent, EnterprisePayment
_INSTANT = DateTime(timezone=True)
_account_id = bindparam("account_id", type_=BigInteger)
_TERMS_COLUMNS = (
    _TERMS.enterprise_account_id,
    _TERMS.currency,
    _TERMS.monthly_price_cents,
    _TERMS.overage_price_cents,
    _TERMS.customer,
    _TERMS.payment_method,
    _TERMS.starts_on,
    _TERMS.billed_until,
)
_new_terms = insert_or_update(_TERMS).values(
    enterprise_account_id=_account_id,
    **{
        name: bindparam(name)
        for name in (
            "currency",
            "monthly_price_cents",
            "overage_price_cents",
            "customer",
            "payment_method",
            "starts_on",
        )
    },
    billed_until=bindparam("starts_on", type_=Date),
)
_SET_TERMS = Statement(
    "company_billing.set_terms",
    _new_terms.on_conflict_do_update(
        index_elements=[_TERMS.enterprise_account_id],
        set_={
            name: _new_terms.excluded[name]
            for name in (
                "monthly_price_cents",
                "overage_price_cents",
                "customer",
                "payment_method",
            )
        },
    ),
)
_ALL_TERMS = Statement(
    "company_billing.all_terms",
    select(*_TERMS_COLUMNS).order_by(_TERMS.enterprise_account_id),
)
_runs = (
    select(literal_column("1"))
    .where(
        EnterpriseGeneration.enterprise_account_id == _TERMS.enterprise_account_id,
        EnterpriseGeneration.usage_date < bindparam("month_start", type_=Date),
        EnterpriseGeneration.status == literal_text(MeteredReplyStatus.RUNNING),
    )
    .exists()
)
_is_due = and_(_TERMS.billed_until < bindparam("month_start", type_=Date), ~_runs)
_DUE_ACCOUNTS = Statement(
    "company_billing.due_accounts",
    select(_TERMS.enterprise_account_id)
    .where(_is_due)
    .order_by(_TERMS.billed_until, _TERMS.enterprise_account_id),
)
_due_of_account = select(*_TERMS_COLUMNS).where(
    _TERMS.enterprise_account_id == _account_id, _is_due
)
_DUE_OF_ACCOUNT = Statement("company_billing.due_of_account", _due_of_account)
_LOCK_DUE = Statement(
    "company_billing.lock_due",
    _due_of_account.with_for_update(skip_locked=True, of=_TERMS),
)
_uninvoiced = and_(
    _EVENT.enterprise_account_id == _account_id,
    _EVENT.invoice_id.is_(None),
    _EVENT.usage_date < bindparam("before", type_=Date),
)
_COUNT_UNINVOICED = Statement(
    "company_billing.count_uninvoiced", select(func.count().label("count")).where(_uninvoiced)
)
_MARK_INVOICED = Statement(
    "company_billing.mark_invoiced",
    update(_EVENT)
    .where(_uninvoiced)
    .values(invoice_id=bindparam("new_invoice_id", type_=BigInteger))
    .returning(_EVENT.generation_id),
)
_ADVANCE = Statement(
    "company_billing.advance",
    update(_TERMS)
    .where(_TERMS.enterprise_account_id == _account_id)
    .values(billed_until=bindparam("new_billed_until", type_=Date)),
)
_TERMS_OF = Statement(
    "company_billing.terms_of",
    select(*_TERMS_COLUMNS).where(_TERMS.enterprise_account_id == _account_id),
)
_LEDGER = Statement(
    "company_billing.ledger_by_month",
    select(
        func.date_trunc(
            literal_text("month"), cast(EnterpriseGeneration.usage_date, DateTime)
        ).label("month"),
        func.count().label("calls"),
    )
    .join(_TERMS, _TERMS.enterprise_account_id == EnterpriseGeneration.enterprise_account_id)
    .where(
        EnterpriseGeneration.enterprise_account_id == _account_id,
        EnterpriseGeneration.is_overage,
        EnterpriseGeneration.status == MeteredReplyStatus.COMPLETE,
        EnterpriseGeneration.usage_date >= _TERMS.starts_on,
    )
    .group_by(literal_column("1")),
)


@repository_method
async def set_terms(
    connection: Connection,
    account_id: int,
    *,
    currency: str,
    monthly_price_cents: int,
    overage_price_cents: int,
    customer: str,
    payment_method: str,
    starts_on: date,
) -> None:
    """Set what a company pays; its currency and its first month stay as they were set first."""
    await connection.fetch(
        _SET_TERMS,
        account_id=account_id,
        currency=currency,
        monthly_price_cents=monthly_price_cents,
        overage_price_cents=overage_price_cents,
        customer=customer,
        payment_method=payment_method,
        starts_on=starts_on,
    )


@repository_method
async def terms_of(connection: Connection, account_id: int) -> Row | None:
    """What a company pays, and with what; None if it has no terms."""
    rows = await connection.fetch(_TERMS_OF, account_id=account_id)
    return rows[0] if rows else None


@repository_method
async def all_terms(connection: Connection) -> list[Row]:
    """The terms of every company that has some."""
    return await connection.fetch(_ALL_TERMS)


@repository_method
async def due_accounts(connection: Connection, month_start: date) -> list[int]:
    """The companies whose month is over, with no reply of it being written."""
    rows = await connection.fetch(_DUE_ACCOUNTS, month_start=month_start)
    return [row["enterprise_account_id"] for row in rows]


@repository_method
async def due_of_account(connection: Connection, account_id: int, month_start: date) -> Row | None:
    """The terms of a company, if it is one of those."""
    rows = await connection.fetch(_DUE_OF_ACCOUNT, account_id=account_id, month_start=month_start)
    return rows[0] if rows else None


@repository_method
async def lock_due(connection: Connection, account_id: int, month_start: date) -> Row | None:
    """The same, locked; None also while another process has it locked."""
    rows = await connection.fetch(_LOCK_DUE, account_id=account_id, month_start=month_start)
    return rows[0] if rows else None


@repository_method
async def count_uninvoiced(connection: Connection, account_id: int, before: date) -> int:
    """How many events of days before that no invoice of the company has."""
    (row,) = await connection.fetch(_COUNT_UNINVOICED, account_id=account_id, before=before)
    return int(row["count"])


@repository_method
async def mark_invoiced(
    connection: Connection, account_id: int, before: date, invoice_id: int
) -> int:
    """Let an invoice have those events, and return how many they are."""
    rows = await connection.fetch(
        _MARK_INVOICED, account_id=account_id, before=before, new_invoice_id=invoice_id
    )
    return len(rows)


@repository_method
async def advance(connection: Connection, account_id: int, billed_until: date) -> None:
    """Store up to which day a company is invoiced."""
    await connection.fetch(_ADVANCE, account_id=account_id, new_billed_until=billed_until)


@repository_method
async def ledger_by_month(connection: Connection, account_id: int) -> list[Row]:
    """`(month, calls)` of a company: its complete replies over the contract since its terms."""
    return await connection.fetch(_LEDGER, account_id=account_id)
