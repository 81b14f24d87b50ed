"""Statements that look for what must not be: gaps in numbers, sums that are none."""

from sqlalchemy import Table as SqlTable
from sqlalchemy import func, literal_column, select, union_all

from db.database import Connection
from db.queries.clauses.expressions import literal_text
from db.row import Row
from db.statement import Statement, repository_method
from db.tables import InvoiceCounter, Table

_BOOKS = (
    ("user_invoices", "user_invoice_lines"),
    ("enterprise_invoices", "enterprise_invoice_lines"),
    ("archived_invoices", "archived_invoice_lines"),
)


def _table(name: str) -> SqlTable:
    return Table.metadata.tables[name]


_numbers = union_all(*(select(_table(name).c.number) for name, _ in _BOOKS)).subquery("numbers")
_prefix = func.regexp_replace(_numbers.c.number, literal_text("-[0-9]+$"), literal_text(""))
_issued = (
    select(
        _prefix.label("series"),
        func.count().label("invoices"),
        func.count(_numbers.c.number.distinct()).label("numbers"),
    )
    .group_by(literal_column("1"))
    .subquery("issued")
)
_NUMBERS = Statement(
    "invoices.audit_numbers",
    select(
        func.coalesce(InvoiceCounter.series, _issued.c.series).label("series"),
        func.coalesce(InvoiceCounter.last_number, literal_column("0")).label("drawn"),
        func.coalesce(_issued.c.invoices, literal_column("0")).label("invoices"),
        func.coalesce(_issued.c.numbers, literal_column("0")).label("numbers"),
    )
    .select_from(InvoiceCounter)
    .outerjoin(_issued, _issued.c.series == InvoiceCounter.series, full=True)
    .order_by(literal_column("1")),
)


def _unequal(invoices: SqlTable, lines: SqlTable) -> Statement:
    owner = next(
        (name for name in ("user_id", "enterprise_account_id") if name in invoices.c), None
    )
    is_of_invoice = lines.c.invoice_id == invoices.c.id
    if owner is not None:
        is_of_invoice &= lines.c[owner] == invoices.c[owner]
    total = (
        select(func.coalesce(func.sum(lines.c.amount_cents), 0))
        .where(is_of_invoice)
        .scalar_subquery()
    )
    return Statement(
        f"invoices.audit_sums_of_{invoices.name}",
        select(invoices.c.number)
        .where(total + invoices.c.tax_cents != invoices.c.total_cents)
        .order_by(invoices.c.number),
    )


_UNEQUAL = tuple(_unequal(_table(invoices), _table(lines)) for invoices, lines in _BOOKS)


@repository_method
async def numbers(connection: Connection) -> list[Row]:
    """`(series, drawn, invoices, numbers)`: all three are equal in a series without gaps."""
    return await connection.fetch(_NUMBERS)


@repository_method
async def unequal_sums(connection: Connection) -> list[str]:
    """The numbers of invoices whose lines and tax are not their total."""
    rows = [row for one in _UNEQUAL for row in await connection.fetch(one)]
    return [row["number"] for row in rows]
