"""Rebuilding indexes that are missing, invalid, or different from what the tables declare."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import asyncpg

from db.queries.schema import INDEXES
from db.schema.indexes import (
    BTREE,
    DeclaredIndex,
    IndexDifference,
    existing_index,
    index_differences,
)
from db.schema.migration_lock import migration_lock
from db.schema.partitioned_indexes import PARTITIONS, NewIndex, build
from db.tables import Table

if TYPE_CHECKING:
    from db.connections.session import Driver

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
    """An index cannot be rebuilt automatically; the message says which and why, in one line."""


async def repair_indexes(url: str) -> tuple[str, ...]:
    """Rebuild what differs from the declarations, and return descriptions of what that was.

    Writes are not blocked meanwhile. Undeclared indexes are left alone, and one process at a time
    repairs a database. Raises `IndexNotRepaired`, for example for a unique index on duplicate rows.
    """
    async with migration_lock(url) as connection:
        tables = list(Table.metadata.tables)
        rows = await connection.fetch(_FOUND, tables)
        existing = index_differences([existing_index(row) for row in rows])
        for one in existing:
            for left in await connection.fetch(_LEFT_BY_REINDEX, one.declared.name):
                await connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {left[0]}")
            await _repair(connection, one)
    return tuple(str(one) for one in existing)


async def _repair(connection: "Driver", difference: IndexDifference) -> None:
    try:
        # Each runs outside of a transaction, as CONCURRENTLY requires.
        for command in await _commands(connection, difference):
            await connection.execute(command)
    except asyncpg.DuplicateTableError as error:
        holder = await connection.fetchval(_HOLDER, difference.declared.name)
        raise IndexNotRepaired(f"{difference}: {holder} has its name; rename that") from error
    except (asyncpg.SyntaxOrAccessError, asyncpg.IntegrityConstraintViolationError) as error:
        raise IndexNotRepaired(f"{difference} and cannot be made: {error.args[0]}") from error


async def _commands(connection: "Driver", difference: IndexDifference) -> Sequence[str]:
    table = difference.declared.shape.table
    partitions = await connection.fetch(PARTITIONS.format(table="$1"), table)
    if partitions:
        return tuple(_partitioned(difference, [row["name"] for row in partitions]))
    return tuple(_plain(difference))


def _partitioned(difference: IndexDifference, partitions: Sequence[str]) -> Iterator[str]:
    declared, existing = difference.declared, difference.existing
    if existing is not None and existing.is_of_constraint:
        _check_same(difference)
        yield f'ALTER TABLE "{declared.shape.table}" DROP CONSTRAINT "{declared.name}"'
    elif existing is not None:
        yield f'DROP INDEX "{declared.name}"'
    yield from build(
        NewIndex(
            declared.name,
            declared.shape.table,
            _how(declared),
            declared.shape.is_unique,
            declared.constraint,
        ),
        partitions,
    )


def _check_same(difference: IndexDifference) -> None:
    if difference.existing is not None and difference.existing.shape != difference.declared.shape:
        raise IndexNotRepaired(f"{difference}, and belongs to a constraint: make it by hand")


def _plain(difference: IndexDifference) -> Iterator[str]:
    declared, existing = difference.declared, difference.existing
    name = f'"{declared.name}"'
    if existing is not None and existing.is_of_constraint:
        _check_same(difference)
        yield f"REINDEX INDEX CONCURRENTLY {name}"
        return
    if existing is not None:
        yield f"DROP INDEX CONCURRENTLY {name}"
    unique = "UNIQUE " if declared.shape.is_unique else ""
    yield (f'CREATE {unique}INDEX CONCURRENTLY {name} ON "{declared.shape.table}" {_how(declared)}')
    if declared.constraint is not None:
        yield (
            f'ALTER TABLE "{declared.shape.table}" ADD CONSTRAINT {name} '
            f"{declared.constraint} USING INDEX {name}"
        )


def _how(declared: DeclaredIndex) -> str:
    """What stands behind the table in the command that makes the index."""
    shape = declared.shape
    is_ordered = shape.method == BTREE
    keys = ", ".join(_index_key(*key) if is_ordered else f'"{key[0]}"' for key in shape.keys)
    storage = f" WITH ({declared.storage})" if declared.storage else ""
    rows = f" WHERE {declared.condition}" if declared.condition else ""
    return f"USING {shape.method} ({keys}){storage}{rows}"


def _index_key(column: str, options: int) -> str:
    order = "DESC" if options & 1 else "ASC"
    nulls = "FIRST" if options & 2 else "LAST"
    return f'"{column}" {order} NULLS {nulls}'
