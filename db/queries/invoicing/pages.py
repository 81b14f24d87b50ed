"""Statements that read invoices and their lines, as the API shows them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    and_,
    any_,
    bindparam,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from db.database import Connection
from db.queries.clauses.expressions import json_columns, literal_text
from db.queries.clauses.keyset_query import KeysetQuery
from db.row import Row
from db.statement import Statement, repository_method
from db.states import OwnerKind
from db.tables import (
    EnterpriseAdministrator,
    EnterpriseInvoice,
    EnterpriseInvoiceLine,
    UserInvoice,
    UserInvoiceLine,
)

_HIDDEN = {"source", "seller", "recipient", "line_count", "user_id", "enterprise_account_id"}


# Any: columns of every type.
def _columns(table: type[UserInvoice] | type[EnterpriseInvoice]) -> tuple[ColumnElement[Any], ...]:
    """What the API shows of an invoice, and whose it is."""
    is_persons = table is UserInvoice
    owner = UserInvoice.user_id if is_persons else EnterpriseInvoice.enterprise_account_id
    kind = OwnerKind.PERSON if is_persons else OwnerKind.COMPANY
    return (
        *json_columns(table, without=_HIDDEN),
        literal_text(kind).label("owner_kind"),
        owner.label("owner_id"),
    )


PAGE_BY_USER = KeysetQuery(
    "invoices.page_by_user",
    columns=_columns(UserInvoice),
    parent=UserInvoice.user_id,
    at=UserInvoice.issued_at,
    identity=UserInvoice.id,
    is_newest_first=True,
)
PAGE_BY_ACCOUNT = KeysetQuery(
    "invoices.page_by_account",
    columns=_columns(EnterpriseInvoice),
    parent=EnterpriseInvoice.enterprise_account_id,
    at=EnterpriseInvoice.issued_at,
    identity=EnterpriseInvoice.id,
    is_newest_first=True,
)
_ids = any_(bindparam("ids", type_=ARRAY(BigInteger)))
_viewer_id = bindparam("viewer_id", type_=BigInteger)
_BY_ID = Statement(
    "invoices.by_id",
    union_all(
        select(*_columns(UserInvoice)).where(
            UserInvoice.user_id == _viewer_id, UserInvoice.id == _ids
        ),
        select(*_columns(EnterpriseInvoice))
        .join(
            EnterpriseAdministrator,
            EnterpriseAdministrator.enterprise_account_id
            == EnterpriseInvoice.enterprise_account_id,
        )
        .where(EnterpriseAdministrator.user_id == _viewer_id, EnterpriseInvoice.id == _ids),
    ),
)
_PRINTED_COLUMNS = (
    "number",
    "seller",
    "recipient",
    "currency",
    "subtotal_cents",
    "tax_cents",
    "total_cents",
    "issued_at",
)


# Any: rows of every type.
def _printed(table: type[UserInvoice] | type[EnterpriseInvoice], owner: str) -> Select[Any]:
    """One invoice, with the number of that which it corrects."""
    corrected = aliased(table)
    is_owned = getattr(table, owner) == bindparam("owner_id")
    return (
        select(
            *(getattr(table, name) for name in _PRINTED_COLUMNS),
            corrected.number.label("corrected_number"),
        )
        .outerjoin(
            corrected,
            and_(
                getattr(corrected, owner) == bindparam("owner_id"),
                corrected.id == table.credit_note_for,
            ),
        )
        .where(is_owned, table.id == bindparam("invoice_id"))
    )


_PRINTED = {
    OwnerKind.PERSON: Statement("invoices.printed_of_person", _printed(UserInvoice, "user_id")),
    OwnerKind.COMPANY: Statement(
        "invoices.printed_of_company", _printed(EnterpriseInvoice, "enterprise_account_id")
    ),
}
_LINE_COLUMNS = (
    "invoice_id",
    "line_number",
    "kind",
    "description",
    "quantity",
    "amount_cents",
    "period_start",
    "period_end",
)
_owner_ids = any_(bindparam("owner_ids", type_=ARRAY(BigInteger)))
_LINES = {
    kind: Statement(
        f"invoices.lines_of_{kind}",
        select(*(getattr(lines, name) for name in _LINE_COLUMNS)).where(
            owner == _owner_ids, lines.invoice_id == _ids
        ),
    )
    for kind, lines, owner in (
        (OwnerKind.PERSON, UserInvoiceLine, UserInvoiceLine.user_id),
        (OwnerKind.COMPANY, EnterpriseInvoiceLine, EnterpriseInvoiceLine.enterprise_account_id),
    )
}


@repository_method
async def by_id(connection: Connection, ids: Sequence[int], viewer_id: int) -> list[Row]:
    """Those of the invoices `ids` that are of a person, or of the company they administer."""
    return await connection.fetch(_BY_ID, ids=ids, viewer_id=viewer_id)


@repository_method
async def printed(
    connection: Connection, kind: OwnerKind, owner_id: int, invoice_id: int
) -> Row | None:
    """What is printed of an invoice, but for its lines."""
    rows = await connection.fetch(_PRINTED[kind], owner_id=owner_id, invoice_id=invoice_id)
    return rows[0] if rows else None


@repository_method
async def lines(
    connection: Connection, kind: OwnerKind, owner_ids: Sequence[int], ids: Sequence[int]
) -> list[Row]:
    """The lines of invoices of people or of companies, in any order."""
    return await connection.fetch(_LINES[kind], owner_ids=owner_ids, ids=ids)
