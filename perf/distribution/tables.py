"""By which column the rows of each table are distributed, as the registry of personal data says."""

from db.personal.registry import REGISTRY
from db.tables import Table

DISTRIBUTED: dict[str, str] = {
    table.name: table.distribution.column
    for table in REGISTRY
    if table.distribution is not None and table.distribution.column is not None
}
"""The column of each table that has one; the others are everywhere."""
COLUMNS: dict[str, frozenset[str]] = {
    name: frozenset(table.columns.keys()) for name, table in Table.metadata.tables.items()
}
