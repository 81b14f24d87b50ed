"""Putting a full copy in the place of its table, in a moment, and what comes before and after."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from db.schema.partitions.brief_locks import briefly
from db.schema.partitions.catalogue import (
    Shape,
    references_of,
    references_to,
    triggers,
)
from db.schema.partitions.copy import AT_THE_END, COPIES, REPLACED, Target, sequence_of

if TYPE_CHECKING:
    from db.connections.session import Driver

_SNAPSHOT_POLL_SECONDS = 0.1
_OLDER_SNAPSHOTS = """
SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid <> pg_backend_pid()
  AND (datname = current_database() AND backend_type IN ('client backend', 'parallel worker')
       OR backend_type = 'walsender') AND age(backend_xmin) > age($1::text::xid))
"""


class CopyDiffers(Exception):
    """A copy has not as many rows as its table, which stays in its place; the message says so."""


async def refer_to_copy(connection: "Driver", target: Target) -> None:
    """Have the tables that refer to the table refer to its copy, too, which is full.

    Each is locked for a moment, and its rows are checked beside writers.
    """
    ready = {one.table: one for one in await references_to(connection, target.copy)}
    for old in await references_to(connection, target.name):
        if old.name == f"old_{old.oid}" and old.table in ready:
            continue
        body = old.body.replace(f" REFERENCES {target.name}(", f" REFERENCES {target.copy}(")
        await briefly(
            connection,
            [
                f"ALTER TABLE {old.table} RENAME CONSTRAINT {old.name} TO old_{old.oid}",
                (f"ALTER TABLE {old.table} ADD CONSTRAINT {old.name} {body}{AT_THE_END} NOT VALID"),
            ],
        )
    for new in await references_to(connection, target.copy):
        if not new.is_valid:
            await briefly(connection, [f"ALTER TABLE {new.table} VALIDATE CONSTRAINT {new.name}"])


async def leave_checks_to_copy(connection: "Driver", target: Target) -> None:
    """Drop the foreign keys that only check: the copy's do so, and a replaced table's must not."""
    for one in await references_of(connection, target.name):
        if one.only_checks and not one.is_deferrable:
            await briefly(connection, [f"ALTER TABLE {target.name} DROP CONSTRAINT {one.name}"])


async def check_and_settle(connection: "Driver", target: Target) -> None:
    """Compare the numbers of rows, gather statistics, and wait for whoever reads an older state.

    A transaction that has begun before rows were copied would not see them in the copy. Raises
    `CopyDiffers`.
    """
    await connection.execute(f"VACUUM (ANALYZE) {target.copy}")
    behind = await connection.fetchval("SELECT pg_current_xact_id()::text")
    (counts,) = await connection.fetch(
        f"SELECT (SELECT count(*) FROM {target.name}) AS original, "  # noqa: S608 - our own names
        f"(SELECT count(*) FROM {target.copy}) AS copied"
    )
    if counts["original"] != counts["copied"]:
        raise CopyDiffers(
            f"the copy of {target.name} has {counts['copied']} rows instead of "
            f"{counts['original']}: it was not put in its place"
        )
    while await connection.fetchval(_OLDER_SNAPSHOTS, behind):  # noqa: ASYNC110 - others end it
        await asyncio.sleep(_SNAPSHOT_POLL_SECONDS)


async def swap(connection: "Driver", target: Target, shape: Shape) -> None:
    """Put the copy in the place of the table, while both are locked."""
    referring = await references_to(connection, target.name)
    home = await connection.fetchval("SELECT quote_ident(current_schema())")
    commands = [
        *(f"ALTER TABLE {one.table} DROP CONSTRAINT {one.name}" for one in referring),
        # Until it is dropped, deletions elsewhere go on in it, and nothing else is done then.
        f"ALTER TABLE {target.name} DISABLE TRIGGER USER",
        *await _continued_sequence(connection, target, shape),
        f"ALTER TABLE {target.name} SET SCHEMA {REPLACED}",
        f"ALTER TABLE {target.copy} SET SCHEMA {home}",
        *await triggers(connection, target.name),
    ]
    tables = dict.fromkeys((target.name, target.copy, *(one.table for one in referring)))
    await briefly(connection, commands, lock=", ".join(tables))


async def _continued_sequence(connection: "Driver", target: Target, shape: Shape) -> Iterator[str]:
    if shape.numbered is None:
        return iter(())
    old = await connection.fetchval(
        "SELECT pg_get_serial_sequence($1, $2)", target.name, shape.numbered
    )
    new = sequence_of(target, shape)
    return iter((f"SELECT setval('{new}', last_value, is_called) FROM {old}",))  # noqa: S608 - our own names


async def clear(connection: "Driver", target: Target, shape: Shape) -> None:
    """Check foreign keys at once again, and drop the replaced table."""
    for one in (
        *await references_of(connection, target.name),
        *await references_to(connection, target.name),
    ):
        if one.is_deferrable:
            await briefly(
                connection,
                [f"ALTER TABLE {one.table} ALTER CONSTRAINT {one.name} NOT DEFERRABLE"],
            )
    if target.column is None:
        for name, body in shape.statistics:
            await connection.execute(
                f"CREATE STATISTICS IF NOT EXISTS {name} {body} FROM {target.name}"
            )
            await connection.execute(f"ANALYZE {target.name}")
    replaced = f"{REPLACED}.{target.name}"
    for one in await references_of(connection, replaced):
        await briefly(connection, [f"ALTER TABLE {replaced} DROP CONSTRAINT {one.name}"])
    await briefly(
        connection,
        [
            f"DROP TABLE IF EXISTS {replaced}",
            f"DROP FUNCTION IF EXISTS {COPIES}.mirror_{target.name}()",
            f"DELETE FROM {COPIES}.progress WHERE table_name = '{target.name}'",  # noqa: S608 - our own names
        ],
    )
