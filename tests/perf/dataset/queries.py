"""What the tests of the data sets ask the database."""

import asyncio

import asyncpg

from db.tables import Table
from db.tables.lookups import LOOKUPS
from tests.fixtures.stores.postgres import rows_of

_FOLLOWING = {lookup.name for lookup in LOOKUPS}
"""Tables that are as others are."""
EMPTY = {
    table.name: 0 for table in Table.metadata.sorted_tables if table.name not in _FOLLOWING
} | {
    "billing_plans": 2,
    "trusted_document_version": 1,
}


def counts(url: str) -> dict[str, int]:
    """How many rows each table has."""
    union = " UNION ALL ".join(
        f"SELECT '{table}' AS name, count(*) AS rows FROM {table}" for table in EMPTY
    )
    return {row["name"]: row["rows"] for row in fetch(url, union)}


def fetch(url: str, query: str) -> list[asyncpg.Record]:
    """The rows of a query, which is committed."""
    return asyncio.run(rows_of(url, query))
