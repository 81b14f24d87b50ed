"""Statements about the counters of invoices."""

from sqlalchemy import bindparam, literal_column
from sqlalchemy.dialects.postgresql import insert

from db.database import Connection
from db.statement import Statement, repository_method
from db.tables import InvoiceCounter

_DRAW = Statement(
    "invoices.draw_number",
    insert(InvoiceCounter)
    .values(series=bindparam("of_series"), last_number=literal_column("1"))
    .on_conflict_do_update(
        index_elements=[InvoiceCounter.series],
        set_={"last_number": InvoiceCounter.last_number + literal_column("1")},
    )
    .returning(InvoiceCounter.last_number),
)


@repository_method
async def draw_number(connection: Connection, series: str) -> int:
    """The next number of a series, whose row stays locked until the transaction ends."""
    (row,) = await connection.fetch(_DRAW, of_series=series)
    return int(row["last_number"])
