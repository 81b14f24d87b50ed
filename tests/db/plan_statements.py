"""Statements on plans, and the end of the session that runs them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from sqlalchemy import select, text

from db.database import Connection, Database, open_database
from db.queries.billing import subscriptions
from db.statement import Statement
from tests.fixtures.stores.postgres import run

ADD_PLAN = """INSERT INTO billing_plans
  (code, display_name, monthly_price_cents, currency, daily_message_limit, is_on_sale)
  VALUES ('late', 'Late', 1, 'EUR', 1, true) RETURNING code"""
PLAN_CODES = ["basic-entry", "premium-unlimited"]


async def plan_codes(database: Database) -> list[str]:
    async with database.read() as connection:
        return [row["code"] for row in await subscriptions.plans_on_sale(connection)]


async def backend_of(connection: Connection) -> int:
    (row,) = await connection.fetch(Statement("test.backend", select(text("pg_backend_pid() pid"))))
    return int(row["pid"])


async def end(url: str, backend: int) -> None:
    """End a backend of the server, and wait until it is gone."""
    await run(url, f"SELECT pg_terminate_backend({backend}, 10000)")


@asynccontextmanager
async def opened(url: str, *, pool_size: int = 2) -> AsyncIterator[Database]:
    """A database of which a connection is waited for a moment only."""
    async with open_database(
        url,
        replica_url=None,
        pool_size=pool_size,
        observe=lambda *_: None,
        patience_seconds=0.5,
    ) as database:
        yield database


def on(url: str, scenario: Callable[[Database], Awaitable[None]]) -> None:
    """Play a scenario with the database at `url`."""

    async def play() -> None:
        async with opened(url) as database:
            await scenario(database)

    asyncio.run(play())


class Refused(Exception):
    """What a service says."""


async def add_plan(
    database: Database,
    *,
    then: Callable[[int], Awaitable[None]] | None = None,
    refusal: Refused | None = None,
    done: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Add a plan in a transaction; `then` is called with its backend before it ends."""
    async with database.begin() as transaction:
        if done is not None:
            transaction.after_commit(done)
        await transaction.fetch(Statement("test.add_plan", text(ADD_PLAN)))
        if then is not None:
            await then(await backend_of(transaction))
        if refusal is not None:
            raise refusal
