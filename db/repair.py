"""Making indexes again that are missing, not valid, or others than the tables declare."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import asyncpg

from db.indexes import Declared, Difference, differences, found_index
from db.migrating import alone
from db.queries.schema import INDEXES
from db.tables import Table

if TYPE_CHECKING:
    from db.session import Driver

_FOUND = INDEXES.replace(":tables", "$1")
_LEFT_BY_REINDEX = """
SELECT class.oid::regclass::text FROM pg_index JOIN pg_class AS class ON class.oid = indexrelid
WHERE NOT indisvalid AND class.relname ~ ('^' || $1 || '_cc(new|old)[0-9]*$')
  AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index AS made
    WHERE made.index_relid = class.oid)
"""


_HOLDER = """
SELECT coalesce('an index of ' || relation.relname, 'another relation')
FROM pg_class AS class LEFT JOIN pg_index AS index ON index.indexrelid = class.oid
LEFT JOIN pg_class AS relation ON relation.oid = index.indrelid
WHERE class.relname = $1 AND pg_table_is_visible(class.oid)
"""


class IndexNotRepaired(Exception):
    """An index cannot be made again by itself; the text says which, and why, in one line."""


async def repair_indexes(url: str) -> tuple[str, ...]:
    """Make what differs as it is declared, and say what that was.

    Writers go on meanwhile. Indexes that nobody declares are left alone, and one process repairs
    a database at a time. Raises `IndexNotRepaired`, as for a unique index on rows that are not.
    """
    async with alone(url) as connection:
        tables = list(Table.metadata.tables)
        rows = await connection.fetch(_FOUND, tables)
        found = differences([found_index(row) for row in rows])
        for one in found:
            for left in await connection.fetch(_LEFT_BY_REINDEX, one.declared.name):
                await connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {left[0]}")
            await _repair(connection, one)
    return tuple(str(one) for one in found)


async def _repair(connection: "Driver", difference: Difference) -> None:
    try:
        # Each runs by itself, outside a transaction, as CONCURRENTLY must.
        for command in _commands(difference):
            await connection.execute(command)
    except asyncpg.DuplicateTableError as error:
        holder = await connection.fetchval(_HOLDER, difference.declared.name)
        raise IndexNotRepaired(f"{difference}: {holder} has its name; rename that") from error
    except (asyncpg.SyntaxOrAccessError, asyncpg.IntegrityConstraintViolationError) as error:
        raise IndexNotRepaired(f"{difference} and cannot be made: {error.args[0]}") from error


def _commands(difference: Difference) -> Iterator[str]:
    declared, found = difference.declared, difference.found
    name = f'"{declared.name}"'
    if found is not None and found.is_of_constraint:
        if found.shape != declared.shape:
            raise IndexNotRepaired(f"{difference}, and belongs to a constraint: make it by hand")
        yield f"REINDEX INDEX CONCURRENTLY {name}"
        return
    if found is not None:
        yield f"DROP INDEX CONCURRENTLY {name}"
    yield _creation(declared)
    if declared.constraint is not None:
        yield (
            f'ALTER TABLE "{declared.shape.table}" ADD CONSTRAINT {name} '
            f"{declared.constraint} USING INDEX {name}"
        )


def _creation(declared: Declared) -> str:
    shape = declared.shape
    unique = "UNIQUE " if shape.is_unique else ""
    keys = ", ".join(_key(*key) for key in shape.keys)
    rows = f" WHERE {declared.condition}" if declared.condition else ""
    return f'CREATE {unique}INDEX CONCURRENTLY "{declared.name}" ON "{shape.table}" ({keys}){rows}'


def _key(column: str, options: int) -> str:
    order = "DESC" if options & 1 else "ASC"
    nulls = "FIRST" if options & 2 else "LAST"
    return f'"{column}" {order} NULLS {nulls}'
