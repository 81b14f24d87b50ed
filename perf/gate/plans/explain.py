"""Query plans of PostgreSQL, and the nodes in them that do not scale."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import asyncpg
import orjson

from db.statement import Statement

# Any: plans are JSON.
Plan: TypeAlias = dict[str, Any]
_SIZES = """
SELECT relname, reltuples::bigint FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
"""
_PARTS = """
SELECT part.relname AS part, whole.relname AS whole FROM pg_inherits
JOIN pg_class AS part ON part.oid = inhrelid JOIN pg_class AS whole ON whole.oid = inhparent
"""
_NAMES = ("Relation Name", "Index Name")
_SORTS = frozenset({"Sort", "Incremental Sort"})


async def table_sizes(connection: "asyncpg.Connection[asyncpg.Record]") -> dict[str, int]:
    """The number of rows of each table, as estimated by the planner."""
    return {row["relname"]: row["reltuples"] for row in await connection.fetch(_SIZES)}


async def custom_plan(
    connection: "asyncpg.Connection[asyncpg.Record]",
    statement: Statement,
    arguments: Sequence[Any],  # Any: the driver takes whatever PostgreSQL has a type for
) -> Plan:
    """The plan for these values; the statement is not run."""
    said = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {statement.sql}", *arguments)
    return await _plan(connection, said)


async def executed_plan(
    connection: "asyncpg.Connection[asyncpg.Record]",
    statement: Statement,
    arguments: Sequence[Any],  # Any: as above
) -> Plan:
    """The plan with the rows that each node really read; what the statement does is undone.

    Without these for a statement that succeeds only once, as it inserts what must be unique.
    """
    transaction = connection.transaction()
    await transaction.start()
    try:
        options = "ANALYZE, TIMING OFF, SUMMARY OFF, FORMAT JSON"
        said = await connection.fetchval(f"EXPLAIN ({options}) {statement.sql}", *arguments)
        return await _plan(connection, said)
    except asyncpg.IntegrityConstraintViolationError:
        pass
    finally:
        await transaction.rollback()
    return await custom_plan(connection, statement, arguments)


async def generic_plan(
    connection: "asyncpg.Connection[asyncpg.Record]", statement: Statement, parameters: int
) -> Plan:
    """The plan for arbitrary values, used for statements that a connection runs often.

    EXPLAIN alone would plan for given values, so the statement is prepared.
    """
    nulls = f"({', '.join(['NULL'] * parameters)})" if parameters else ""
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    await connection.execute(f"PREPARE explained AS {statement.sql}")
    try:
        said = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE explained{nulls}")
        return await _plan(connection, said)
    finally:
        await connection.execute("DEALLOCATE explained; RESET plan_cache_mode")


def scans(plan: Plan) -> set[str]:
    """The tables that are scanned sequentially."""
    return {node["Relation Name"] for node in nodes(plan) if node["Node Type"] == "Seq Scan"}


def sorts(plan: Plan) -> set[str]:
    """The tables whose rows are sorted instead of being read in the order of an index."""
    sorting = (node for node in nodes(plan) if node["Node Type"] in _SORTS)
    return {table for node in sorting for table in tables(node)}


def discarded_rows(plan: Plan) -> dict[str, tuple[int, int]]:
    """By table, the rows that were read and thrown away, and those that were used."""
    found: dict[str, tuple[int, int]] = {}
    for node in nodes(plan):
        if table := node.get("Relation Name"):
            discarded, used = found.get(table, (0, 0))
            loops = node.get("Actual Loops", 0)
            removed = node.get("Rows Removed by Filter", 0)
            found[table] = (
                discarded + round(loops * removed),
                used + round(loops * node.get("Actual Rows", 0)),
            )
    return found


def tables(plan: Plan) -> set[str]:
    """The tables that are read or written."""
    return {node["Relation Name"] for node in nodes(plan) if "Relation Name" in node}


def nodes(plan: Plan) -> Iterator[Plan]:
    """The node and all nodes below it."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


async def _plan(connection: "asyncpg.Connection[asyncpg.Record]", explained: str) -> Plan:
    """A plan, in which partitions have the names of what they are parts of."""
    plan: Plan = orjson.loads(explained)[0]["Plan"]
    if "_part_" in explained:
        wholes = {row["part"]: row["whole"] for row in await connection.fetch(_PARTS)}
        for node in nodes(plan):
            node |= {name: wholes.get(node[name], node[name]) for name in _NAMES if name in node}
    return plan
