"""Changes the form of all distributed tables, one after another, while the service runs."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import asyncpg

from db.personal.registry import REGISTRY
from db.schema.migration_lock import migration_lock
from db.schema.partitions import copy, swap
from db.schema.partitions.catalogue import is_partitioned, shape_of
from db.schema.partitions.copy import COPIES, REPLACED, Target
from db.tables import Table

if TYPE_CHECKING:
    from db.connections.session import Driver

HALF_OF_THE_TIME = 0.5
_UNHURRIED = {
    # What reads whole tables takes one processor of those who serve, and vacuuming a part of one.
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "vacuum_cost_delay": "2ms",
}
_BEGIN = f"""
CREATE SCHEMA IF NOT EXISTS {COPIES};
CREATE SCHEMA IF NOT EXISTS {REPLACED};
CREATE TABLE IF NOT EXISTS {COPIES}.progress (table_name text PRIMARY KEY, last_key text[])
"""
_END = f"DROP TABLE {COPIES}.progress; DROP SCHEMA {COPIES}; DROP SCHEMA {REPLACED}"


def partition(
    url: str,
    count: int,
    *,
    pace: float = HALF_OF_THE_TIME,
    begun: Callable[[str], None] = lambda _: None,
) -> tuple[str, ...]:
    """Make every distributed table `count` hash partitions, and return the names of these tables.

    1 makes tables of one part of partitioned ones. Those that have one of both forms already stay.
    Others read and write meanwhile; rows are copied for a share `pace` of the time, and `begun` is
    called with each table's name. What was interrupted, at whatever point, goes on where it was.
    Blocks, and needs a thread without an event loop. Raises `CopyDiffers`, and what PostgreSQL
    raises.
    """
    return asyncio.run(_partition(url, count, pace, begun))


def make_whole(url: str) -> None:
    """Make partitioned tables ones of one part, at full pace; as `partition`."""
    if asyncio.run(_any_partitioned(url)):
        partition(url, 1, pace=1.0)


async def _any_partitioned(url: str) -> bool:
    connection = await asyncpg.connect(url)
    try:
        forms = [await is_partitioned(connection, one.name) for one in _targets(1)]
        return any(forms) or bool(
            await connection.fetchval("SELECT to_regnamespace($1) IS NOT NULL", COPIES)
        )
    finally:
        await connection.close()


async def _partition(
    url: str, count: int, pace: float, begun: Callable[[str], None]
) -> tuple[str, ...]:
    async with migration_lock(url):
        connection = await asyncpg.connect(url, server_settings={} if pace == 1 else _UNHURRIED)
        try:
            await connection.execute(_BEGIN)
            changed = [
                one.name for one in _targets(count) if await _change(connection, one, pace, begun)
            ]
            await connection.execute(_END)
        finally:
            await connection.close()
    return tuple(changed)


def _targets(count: int) -> list[Target]:
    """Who is referred to comes before who refers, which is of one part then."""
    columns = {
        table.name: table.distribution.column
        for table in REGISTRY
        if table.distribution is not None and table.distribution.column is not None
    }
    names = [table.name for table in Table.metadata.sorted_tables if table.name in columns]
    if count == 1:
        return [Target(name, None, 1) for name in reversed(names)]
    return [Target(name, columns[name], count) for name in names]


async def _change(
    connection: "Driver", target: Target, pace: float, begun: Callable[[str], None]
) -> bool:
    """Change one table if it has the other form, or finish what was begun."""
    has_form = await is_partitioned(connection, target.name)
    if has_form is None:
        return False
    is_begun = await connection.fetchval(
        f"SELECT EXISTS (SELECT FROM {COPIES}.progress WHERE table_name = $1)",  # noqa: S608 - our own names
        target.name,
    )
    if has_form == (target.column is not None) and not is_begun:
        return False
    shape = await shape_of(connection, target.name)
    if has_form != (target.column is not None):
        begun(target.name)
        if not is_begun:
            await copy.make(connection, target, shape)
        await copy.mirror(connection, target)
        await copy.fill(connection, target, shape, pace=pace)
        await swap.refer_to_copy(connection, target)
        await swap.leave_checks_to_copy(connection, target)
        await swap.check_and_settle(connection, target)
        await swap.swap(connection, target, shape)
    await swap.clear(connection, target, shape)
    return True
