"""The audit of invoices: numbers without gaps, and sums that are right to the cent."""

from db.database import Database
from db.queries.invoicing import audits


async def audit_invoices(database: Database) -> list[str]:
    """A sentence for everything that is wrong."""
    async with database.snapshot() as snapshot:
        numbers = await audits.numbers(snapshot)
        unequal = await audits.unequal_sums(snapshot)
    return [
        *(
            f"{row['series']}: {row['drawn']} numbers were drawn, and {row['invoices']} invoices "
            f"have {row['numbers']}"
            for row in numbers
            if not row["drawn"] == row["invoices"] == row["numbers"]
        ),
        *(f"{number}: lines and tax are not the total" for number in unequal),
    ]
