"""A process that issues invoices to Ada until it is killed: seven at once, every third fails."""

import asyncio
import sys
from contextlib import suppress
from itertools import count

from db.database import open_database
from services.invoicing.book import people_invoices
from tests.fixtures.stores.world import ADA, NOW
from tests.services.invoicing.drafts import SELLER, draft

AT_ONCE = 7


async def issue(url: str, name: str) -> None:
    """Issue, or fail after issuing, without end."""
    book = people_invoices(SELLER)
    async with open_database(url, replica_url=None, pool_size=AT_ONCE, observe=None) as database:

        async def once(source: str, *, fails: bool) -> None:
            async with database.begin() as transaction:
                await book.issue(transaction, ADA, draft(source, 300, 200, tax_cents=80), NOW)
                if fails:
                    raise ZeroDivisionError

        async def one(issuer: int) -> None:
            for number in count():
                with suppress(ZeroDivisionError):
                    await once(f"{name}:{issuer}:{number}", fails=number % 3 == 2)

        await asyncio.gather(*map(one, range(AT_ONCE)))


if __name__ == "__main__":
    asyncio.run(issue(*sys.argv[1:]))
