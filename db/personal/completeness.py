"""Comparing the columns in the registry with those of a database."""

from collections.abc import Iterable

from db.personal.registry import REGISTRY


def differences(catalogue: Iterable[tuple[str, str]]) -> list[str]:
    """Descriptions of columns that are missing in one of them; empty if they agree.

    `catalogue` has every column of the database, as `(table, column)`.
    """
    existing = set(catalogue)
    classified = {(table.name, one.name) for table in REGISTRY for one in table.columns}
    return [
        *(f"{table}.{column} is not classified" for table, column in sorted(existing - classified)),
        *(f"{table}.{column} does not exist" for table, column in sorted(classified - existing)),
    ]
