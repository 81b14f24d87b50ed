"""What every trial needs: people who may send messages, and a model that answers them."""

from collections.abc import Iterable

import asyncpg

STAND_IN_OPTIONS = ("--port", "0", "--tokens", "20", "--tokens-per-second", "40")
_PLAN = "premium-unlimited"


async def add_people(
    connection: "asyncpg.Connection[asyncpg.Record]", user_ids: Iterable[int]
) -> None:
    """Add users to an empty database, each with an active subscription to the larger plan."""
    await connection.executemany(
        "INSERT INTO users (id, email) VALUES ($1, $2)",
        [(user_id, f"person{user_id}@example.com") for user_id in user_ids],
    )
    await connection.execute(
        "INSERT INTO user_subscriptions (user_id, plan_code, status, started_at) "
        "SELECT id, $1, 'active', now() FROM users",
        _PLAN,
    )
