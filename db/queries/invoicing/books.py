"""Statements about the invoices of one kind of owner: people, or companies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    Integer,
    Select,
    Text,
    any_,
    bindparam,
    func,
    insert,
    select,
    update,
)
from sqlalchemy import Table as SqlTable

from db.database import Connection
from db.queries.clauses.expressions import array_columns
from db.row import Row
from db.statement import Statement, repository_method
from db.tables import (
    EnterpriseAccount,
    EnterpriseInvoice,
    EnterpriseInvoiceLine,
    Table,
    User,
    UserInvoice,
    UserInvoiceLine,
)

_LINES = array_columns(
    "line",
    line_place=Integer,
    line_kind=Text,
    line_description=Text,
    line_quantity=Integer,
    line_amount=BigInteger,
    line_start=DateTime(timezone=True),
    line_end=DateTime(timezone=True),
)
_LINE_COLUMNS = [
    "line_number",
    "kind",
    "description",
    "quantity",
    "amount_cents",
    "period_start",
    "period_end",
]


@dataclass(frozen=True, slots=True)
class LineValues:
    """A line as it is stored: its amount is before tax."""

    kind: str
    description: str
    quantity: int
    amount_cents: int
    period_start: datetime | None
    period_end: datetime | None


@dataclass(frozen=True, slots=True)
class InvoiceValues:
    """An invoice as it is stored, with its lines in their order."""

    number: str
    source: str
    status: str
    currency: str
    subtotal_cents: int
    tax_cents: int
    total_cents: int
    seller: str
    issued_at: datetime
    credit_note_for: int | None
    lines: Sequence[LineValues]


class Books:
    """The statements about invoices whose owner's id is in `owner`.

    `recipients` selects `(id, recipient)` of owners.
    """

    def __init__(
        self,
        name: str,
        invoices: type[Table],
        lines: type[Table],
        *,
        owner: str,
        recipients: Select[int, str],
    ) -> None:
        table, line_table = _table(invoices), _table(lines)
        column = table.c[owner]
        is_owned = column == bindparam("owner_id")
        is_of_source = (is_owned, table.c.source == bindparam("of_source"))
        issued = (table.c.id, table.c.number, table.c.total_cents)
        self._by_source = Statement(f"{name}.by_source", select(*issued).where(*is_of_source))
        self._insert = Statement(f"{name}.insert", _insertion(table, line_table, owner, recipients))
        self._settle = Statement(
            f"{name}.settle",
            update(table)
            .where(
                *is_of_source,
                table.c.status == any_(bindparam("from_statuses", type_=ARRAY(Text))),
            )
            .values(status=bindparam("new_status"))
            .returning(table.c.id),
        )
        self._lock = Statement(
            f"{name}.lock",
            select(*issued, table.c.tax_cents, table.c.currency, table.c.credit_note_for)
            .where(*is_of_source)
            .with_for_update(key_share=True),
        )
        self._credited = Statement(
            f"{name}.credited",
            select(
                func.coalesce(func.sum(table.c.total_cents), 0).label("total_cents"),
                func.coalesce(func.sum(table.c.tax_cents), 0).label("tax_cents"),
            ).where(is_owned, table.c.credit_note_for == bindparam("invoice_id")),
        )

    @repository_method
    async def by_source(self, connection: Connection, owner_id: int, source: str) -> Row | None:
        """`(id, number, total_cents)` of the invoice that was issued for a source."""
        rows = await connection.fetch(self._by_source, owner_id=owner_id, of_source=source)
        return rows[0] if rows else None

    @repository_method
    async def insert(
        self, connection: Connection, owner_id: int, invoice: InvoiceValues
    ) -> Row | None:
        """Insert an invoice with its lines; `(id, number, total_cents)`, None without the owner."""
        lines = invoice.lines
        rows = await connection.fetch(
            self._insert,
            owner_id=owner_id,
            number=invoice.number,
            source=invoice.source,
            status=invoice.status,
            currency=invoice.currency,
            subtotal_cents=invoice.subtotal_cents,
            tax_cents=invoice.tax_cents,
            total_cents=invoice.total_cents,
            line_count=len(lines),
            seller=invoice.seller,
            issued_at=invoice.issued_at,
            credit_note_for=invoice.credit_note_for,
            line_place=list(range(1, len(lines) + 1)),
            line_kind=[line.kind for line in lines],
            line_description=[line.description for line in lines],
            line_quantity=[line.quantity for line in lines],
            line_amount=[line.amount_cents for line in lines],
            line_start=[line.period_start for line in lines],
            line_end=[line.period_end for line in lines],
        )
        return rows[0] if rows else None

    @repository_method
    async def settle(
        self,
        connection: Connection,
        owner_id: int,
        source: str,
        *,
        status: str,
        from_statuses: Sequence[str],
    ) -> bool:
        """Change the status of an invoice that has one of `from_statuses`; False if it has not."""
        return bool(
            await connection.fetch(
                self._settle,
                owner_id=owner_id,
                of_source=source,
                new_status=status,
                from_statuses=from_statuses,
            )
        )

    @repository_method
    async def lock(self, connection: Connection, owner_id: int, source: str) -> Row | None:
        """Lock the invoice of a source against credit notes until the transaction ends."""
        rows = await connection.fetch(self._lock, owner_id=owner_id, of_source=source)
        return rows[0] if rows else None

    @repository_method
    async def credited(self, connection: Connection, owner_id: int, invoice_id: int) -> Row:
        """The sums of the credit notes for an invoice: `total_cents` and `tax_cents`, negative."""
        (row,) = await connection.fetch(self._credited, owner_id=owner_id, invoice_id=invoice_id)
        return row


def _table(declared: type[Table]) -> SqlTable:
    return Table.metadata.tables[declared.__tablename__]


# Any: statements and columns of every type.
def _insertion(
    table: SqlTable, line_table: SqlTable, owner: str, recipients: Select[int, str]
) -> Select[Any]:
    owned = recipients.subquery("owned")
    given: list[Column[Any]] = [
        column for column in table.c if column.name not in {"id", "recipient", owner}
    ]
    issued = (
        insert(table)
        .from_select(
            [owner, "recipient", *(column.name for column in given)],
            select(
                owned.c.id,
                owned.c.recipient,
                *(bindparam(column.name, type_=column.type) for column in given),
            ).where(owned.c.id == bindparam("owner_id", type_=BigInteger)),
        )
        .returning(table.c[owner], table.c.id, table.c.number, table.c.total_cents)
        .cte("issued")
    )
    listed = insert(line_table).from_select(
        [owner, "invoice_id", *_LINE_COLUMNS], select(issued.c[owner], issued.c.id, *_LINES.c)
    )
    return select(issued.c.id, issued.c.number, issued.c.total_cents).add_cte(listed.cte("listed"))


PEOPLE = Books(
    "user_invoices",
    UserInvoice,
    UserInvoiceLine,
    owner="user_id",
    recipients=select(User.id, User.email.label("recipient")),
)
COMPANIES = Books(
    "enterprise_invoices",
    EnterpriseInvoice,
    EnterpriseInvoiceLine,
    owner="enterprise_account_id",
    recipients=select(EnterpriseAccount.id, EnterpriseAccount.company_name.label("recipient")),
)
