"""Locks, waits and rewritten tables of a migration are observed."""

import asyncio

import asyncpg

from perf.chaos.upgrades.effects import (
    Lock,
    MigrationEffects,
    as_migration_session,
    observed_migration,
)

HELD_SECONDS = 0.15


def effects_of(url: str, *commands: str, reads: str | None = None) -> MigrationEffects:
    """The effects of commands in one transaction, during which another session reads."""

    async def read(connection: "asyncpg.Connection[asyncpg.Record]", query: str) -> None:
        await connection.execute(query)

    async def run() -> MigrationEffects:
        async with observed_migration(url) as effects:
            migrating = await asyncpg.connect(as_migration_session(url))
            other = await asyncpg.connect(url)
            try:
                async with asyncio.TaskGroup() as group, migrating.transaction():
                    first, *rest = commands
                    await migrating.execute(first)
                    if reads is not None:
                        group.create_task(read(other, reads))
                    for command in rest:
                        await migrating.execute(command)
            finally:
                await migrating.close()
                await other.close()
        return effects

    return asyncio.run(run())


def test_a_lock_that_is_held_is_measured_and_so_is_who_waits_for_it(database_url: str) -> None:
    effects = effects_of(
        database_url,
        "ALTER TABLE users ADD COLUMN nickname text",
        f"SELECT pg_sleep({HELD_SECONDS})",
        reads="SELECT count(*) FROM users",
    )
    assert effects.lock_seconds[Lock("users", "AccessExclusiveLock")] > HELD_SECONDS * 0.8
    assert effects.longest_wait_seconds > HELD_SECONDS * 0.5
    assert effects.rewritten_tables == ()


def test_a_table_that_is_written_anew_is_named(database_url: str) -> None:
    effects = effects_of(
        database_url, "ALTER TABLE quota_ledger_entries ALTER COLUMN units TYPE bigint"
    )
    assert effects.rewritten_tables == ("quota_ledger_entries",)


def test_what_nobody_else_knows_keeps_nobody_waiting(database_url: str) -> None:
    effects = effects_of(
        database_url,
        "CREATE TABLE news (id bigint PRIMARY KEY)",
        "CREATE INDEX news_by_id ON news (id)",
        f"SELECT pg_sleep({HELD_SECONDS})",
        reads="SELECT count(*) FROM users",
    )
    assert (effects.lock_seconds, effects.longest_wait_seconds, effects.rewritten_tables) == (
        {},
        0.0,
        (),
    )


def test_the_sessions_of_a_migration_are_known_whatever_the_url_has_already() -> None:
    assert as_migration_session("postgresql://one@/two?host=/three") == (
        "postgresql://one@/two?host=%2Fthree&application_name=guidance-migration"
    )
    assert as_migration_session("postgresql://one/two") == (
        "postgresql://one/two?application_name=guidance-migration"
    )
