"""Statements and waits that several tests of broken connections use."""

from collections.abc import Awaitable
from time import perf_counter

import pytest
from sqlalchemy import text

from db.connections.errors import DatabaseUnavailable
from db.database import Database
from db.statement import Statement
from tests.db.plan_statements import ADD_PLAN

ADD = Statement("test.add_plan", text(ADD_PLAN))
CODES = "SELECT code FROM billing_plans ORDER BY 1"


async def add_plan(database: Database) -> None:
    async with database.begin() as transaction:
        await transaction.fetch(ADD)


async def seconds_until_refused(operation: Awaitable[object]) -> float:
    """How long it took until `operation` failed as the database is away."""
    started = perf_counter()
    with pytest.raises(DatabaseUnavailable):
        await operation
    return perf_counter() - started


async def fetched(database: Database, statement: Statement) -> None:
    async with database.read() as connection:
        await connection.fetch(statement)
