"""The lines of invoices."""

from collections import defaultdict
from operator import itemgetter
from typing import NamedTuple

from db.database import Database
from db.queries.invoicing import pages
from db.states import OwnerKind
from loaders.batching.loader import Loader
from services.invoicing.records import InvoiceLine
from services.invoicing.rows import line_from


class InvoiceKey(NamedTuple):
    """An invoice, and whose it is."""

    owner_kind: OwnerKind
    owner_id: int
    id: int


def invoice_lines(database: Database) -> Loader[InvoiceKey, tuple[InvoiceLine, ...]]:
    """By invoice, in their order: a statement for people's and one for companies'."""

    async def batch(keys: list[InvoiceKey]) -> list[tuple[InvoiceLine, ...]]:
        found: dict[int, list[InvoiceLine]] = defaultdict(list)
        for kind in {key.owner_kind for key in keys}:
            asked = [key for key in keys if key.owner_kind is kind]
            owner_ids = list({key.owner_id for key in asked})
            async with database.read() as connection:
                rows = await pages.lines(connection, kind, owner_ids, [key.id for key in asked])
            for row in sorted(rows, key=itemgetter("line_number")):
                found[row["invoice_id"]].append(line_from(row))
        return [tuple(found[key.id]) for key in keys]

    return Loader(batch)
