"""Building the index of a partitioned table, which PostgreSQL cannot do beside writers at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zlib import crc32

PARTITIONS = """
SELECT inhrelid::regclass::text AS name FROM pg_inherits
JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent = to_regclass({table}) AND relkind = 'r' ORDER BY inhrelid
"""
"""The partitions of a table; none of one that is not partitioned."""


@dataclass(frozen=True, slots=True)
class NewIndex:
    """An index to be built; `how` is what stands behind the table in its command."""

    name: str
    table: str
    how: str
    is_unique: bool = False
    constraint: str | None = None
    """`PRIMARY KEY` or `UNIQUE`, where it belongs to one."""


def build(index: NewIndex, partitions: Sequence[str]) -> Iterator[str]:
    """The commands, each outside of a transaction: of the parts beside writers, then of the whole.

    The last one takes over the indexes of the parts and builds nothing. Repeated after an
    interruption, they go on with the next part.
    """
    unique = "UNIQUE " if index.is_unique else ""
    marked = f"{crc32(index.name.encode()):08x}"
    for partition in partitions:
        name = f"{partition}_{marked}"
        yield _drop_if_invalid(name)
        yield (f"CREATE {unique}INDEX CONCURRENTLY IF NOT EXISTS {name} ON {partition} {index.how}")
        if index.constraint is not None:
            yield _unless_constraint(
                name,
                f"ALTER TABLE {partition} ADD CONSTRAINT {name} {index.constraint} "
                f"USING INDEX {name}",
            )
    if index.constraint is None:
        yield f'CREATE {unique}INDEX "{index.name}" ON "{index.table}" {index.how}'
        return
    columns = index.how.partition("(")[2].rpartition(")")[0]
    names = ", ".join(one.split()[0] for one in columns.split(", "))
    yield (
        f'ALTER TABLE "{index.table}" ADD CONSTRAINT "{index.name}" {index.constraint} ({names})'
    )


def _drop_if_invalid(name: str) -> str:
    """An interrupted build leaves an index that nothing uses."""
    return (
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_index "
        f"WHERE indexrelid = to_regclass('{name}') AND NOT indisvalid) "
        f"THEN DROP INDEX {name}; END IF; END $$"
    )


def _unless_constraint(name: str, command: str) -> str:
    return (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = '{name}') "
        f"THEN {command}; END IF; END $$"
    )
