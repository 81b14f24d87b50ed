"""Making tables of one part into hash partitions, by the columns that distribute their rows."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import asyncpg

from db.personal.registry import REGISTRY
from db.schema.migration_lock import migration_lock

if TYPE_CHECKING:
    from db.connections.session import Driver

_IS_PLAIN = "SELECT relkind = 'r' FROM pg_class WHERE oid = $1::regclass"
_REFERENCES = """
SELECT conrelid::regclass::text AS "table", conname AS name, pg_get_constraintdef(oid) AS body
FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
"""
_KEYS = """
SELECT conname AS name, pg_get_constraintdef(oid) AS body FROM pg_constraint
WHERE conrelid = $1::regclass AND contype IN ('p', 'u')
"""
_INDEXES = """
SELECT pg_get_indexdef(indexrelid) AS body FROM pg_index
WHERE indrelid = $1::regclass
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
"""
_TRIGGERS = """
SELECT pg_get_triggerdef(oid) AS body FROM pg_trigger
WHERE tgrelid = $1::regclass AND NOT tgisinternal
"""
_STATISTICS = """
SELECT stxname AS name, pg_get_statisticsobjdef(oid) AS body FROM pg_statistic_ext
WHERE stxrelid = $1::regclass
"""
_IDENTITY = """
SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attidentity <> ''
"""


def partition(url: str, count: int) -> tuple[str, ...]:
    """Make every distributed table `count` hash partitions, and return the names of these tables.

    Those that are partitioned stay as they are. In one transaction that nobody reads or writes
    beside: for a new database, or while the service is down. Blocks, and needs a thread without an
    event loop.
    """
    return asyncio.run(_partition(url, count))


async def _partition(url: str, count: int) -> tuple[str, ...]:
    columns = {
        table.name: table.distribution.column
        for table in REGISTRY
        if table.distribution is not None and table.distribution.column is not None
    }
    async with migration_lock(url):
        connection = await asyncpg.connect(url)
        try:
            plain = [name for name in columns if await connection.fetchval(_IS_PLAIN, name)]
            if not plain:
                return ()
            async with connection.transaction():
                # Rows are copied as they are: what is checked and kept besides was so before.
                await connection.execute("SET LOCAL session_replication_role = replica")
                references = await connection.fetch(_REFERENCES)
                await _run(
                    connection,
                    [
                        f'ALTER TABLE {one["table"]} DROP CONSTRAINT "{one["name"]}"'
                        for one in references
                    ],
                )
                for name in plain:
                    await _replace(connection, name, str(columns[name]), count)
                await _run(
                    connection,
                    [
                        f'ALTER TABLE {one["table"]} ADD CONSTRAINT "{one["name"]}" {one["body"]}'
                        for one in references
                    ],
                )
            await connection.execute("ANALYZE")
        finally:
            await connection.close()
    return tuple(plain)


async def _replace(connection: "Driver", name: str, column: str, count: int) -> None:
    """A table of the same name, shape and rows, in partitions."""
    keys, indexes, triggers, statistics = [
        await connection.fetch(query, name) for query in (_KEYS, _INDEXES, _TRIGGERS, _STATISTICS)
    ]
    numbered = await connection.fetchval(_IDENTITY, name)
    whole = f"{name}_whole"
    await _run(
        connection,
        (
            f"ALTER TABLE {name} RENAME TO {whole}",
            (
                f"CREATE TABLE {name} (LIKE {whole} INCLUDING ALL EXCLUDING INDEXES "
                f"EXCLUDING IDENTITY EXCLUDING STATISTICS) PARTITION BY HASH ({column})"
            ),
            *(
                f"CREATE TABLE {name}_part_{part} PARTITION OF {name} "
                f"FOR VALUES WITH (MODULUS {count}, REMAINDER {part})"
                for part in range(count)
            ),
            f"INSERT INTO {name} SELECT * FROM {whole}",  # noqa: S608 - our own names
        ),
    )
    if numbered is not None:
        await _number(connection, name, numbered, whole)
    await _run(
        connection,
        (
            f"DROP TABLE {whole}",
            *(f'ALTER TABLE {name} ADD CONSTRAINT "{key["name"]}" {key["body"]}' for key in keys),
            *(one["body"] for one in (*indexes, *triggers)),
        ),
    )
    for one in statistics:
        await _run(
            connection,
            [
                one["body"]
                .replace(f".{one['name']} ", f".{one['name']}_part_{part} ")
                .replace(f" FROM {name}", f" FROM {name}_part_{part}")
                for part in range(count)
            ],
        )


async def _number(connection: "Driver", name: str, column: str, whole: str) -> None:
    """A sequence that goes on with the ids, as older versions have no identities of partitions."""
    sequence = await connection.fetchval("SELECT pg_get_serial_sequence($1, $2)", whole, column)
    ((last, is_called),) = await connection.fetch(f"SELECT last_value, is_called FROM {sequence}")  # noqa: S608 - our own names
    bare = sequence.rpartition(".")[2]
    await _run(
        connection,
        (
            f"ALTER TABLE {whole} ALTER COLUMN {column} DROP IDENTITY",
            f"CREATE SEQUENCE {bare} OWNED BY {name}.{column}",
            f"SELECT setval('{bare}', {last}, {str(is_called).lower()})",
            f"ALTER TABLE {name} ALTER COLUMN {column} SET DEFAULT nextval('{bare}')",
        ),
    )


async def _run(connection: "Driver", commands: Sequence[str]) -> None:
    for command in commands:
        await connection.execute(command)
