"""Whether the registry and a database speak of the same columns."""

from collections.abc import Iterable

from db.personal.registry import REGISTRY


def differences(catalogue: Iterable[tuple[str, str]]) -> list[str]:
    """What one knows and the other does not, in words; empty when all is well.

    `catalogue` are the tables of the database with each of their columns.
    """
    there = set(catalogue)
    classified = {(table.name, one.name) for table in REGISTRY for one in table.columns}
    return [
        *(f"{table}.{column} is not classified" for table, column in sorted(there - classified)),
        *(f"{table}.{column} does not exist" for table, column in sorted(classified - there)),
    ]
