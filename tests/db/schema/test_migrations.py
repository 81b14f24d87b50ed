"""Migrations: up and down, interrupted and concurrent, without blocking writers."""

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from alembic.config import Config

from db.schema.migration import BASE, SCRIPTS, UnknownRevision, migrate, revisions
from tests.fixtures.postgres import rows_of, run

TABLES, INDEXES = "20260220_0018", "20260220_0019"
OF_THE_REPORT = {
    "ix_chat_conversations_user_id_status_updated_at_id",
    "ix_chat_conversations_user_id_updated_at_id",
    "ix_chat_messages_conversation_id_created_at_id",
    "ix_enterprise_daily_usages_enterprise_account_id_usage_date",
    "ix_user_privacy_requests_user_id_request_kind_requested_at_id",
    "ix_user_subscriptions_user_id_updated_at_id",
}
PATIENCE_SECONDS = 120


def column(url: str, query: str) -> list[str]:
    """The first column of what a query gives."""
    return [row[0] for row in asyncio.run(rows_of(url, query))]


def indexes(url: str) -> set[str]:
    return set(column(url, "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'"))


def invalid_indexes(url: str) -> list[str]:
    return column(url, "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid")


def objects(url: str) -> list[str]:
    return column(
        url,
        "SELECT relkind::text || ' ' || relname FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'alembic%' ORDER BY 1",
    )


def test_from_nothing_to_head_and_back(empty_database_url: str) -> None:
    assert migrate(empty_database_url) == revisions()[-1]
    there = objects(empty_database_url)
    assert migrate(empty_database_url, revision=BASE) == BASE
    assert objects(empty_database_url) == []
    migrate(empty_database_url)
    assert objects(empty_database_url) == there


def test_the_six_indexes_are_their_own_revision(empty_database_url: str) -> None:
    migrate(empty_database_url, revision=INDEXES)
    with_indexes = indexes(empty_database_url)
    migrate(empty_database_url, revision=TABLES)
    assert with_indexes - indexes(empty_database_url) == OF_THE_REPORT
    migrate(empty_database_url, revision=INDEXES)
    assert indexes(empty_database_url) == with_indexes


def test_the_database_is_what_the_tables_declare(database_url: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["url"] = database_url
    command.check(config)


def test_the_plans_of_the_product_are_on_sale(database_url: str) -> None:
    codes = column(database_url, "SELECT code FROM billing_plans ORDER BY 1")
    assert codes == ["basic-entry", "premium-unlimited"]


def test_a_revision_that_is_not_known(empty_database_url: str) -> None:
    with pytest.raises(UnknownRevision, match="known: 20260220_0018, 20260220_0019"):
        migrate(empty_database_url, revision="20990101_0001")
    assert objects(empty_database_url) == []


def test_an_interrupted_build_is_done_again(empty_database_url: str) -> None:
    migrate(empty_database_url, revision=TABLES)
    name = "ix_chat_messages_conversation_id_created_at_id"
    asyncio.run(_interrupt_build(empty_database_url, name))
    assert invalid_indexes(empty_database_url) == [name]
    migrate(empty_database_url, revision=INDEXES)
    assert invalid_indexes(empty_database_url) == []
    assert indexes(empty_database_url) >= OF_THE_REPORT


async def _interrupt_build(url: str, name: str) -> None:
    """Cancel a concurrent build while it waits for a transaction that has written."""
    writing, building, watching = [await asyncpg.connect(url) for _ in range(3)]
    async with asyncio.timeout(PATIENCE_SECONDS):
        transaction = writing.transaction()
        await transaction.start()
        await writing.execute("LOCK TABLE chat_messages IN ROW EXCLUSIVE MODE")
        columns = "(conversation_id, created_at, id)"
        build = asyncio.create_task(
            building.execute(f"CREATE INDEX CONCURRENTLY {name} ON chat_messages {columns}")
        )
        while not await watching.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            pass
        await watching.execute("SELECT pg_cancel_backend($1)", building.get_server_pid())
        with pytest.raises(asyncpg.QueryCanceledError):
            await build
        await transaction.rollback()
    for connection in (writing, building, watching):
        await connection.close()


def test_writers_go_on_while_the_indexes_are_built(empty_database_url: str) -> None:
    migrate(empty_database_url, revision=TABLES)
    migrating = threading.Thread(
        target=migrate, args=(empty_database_url,), kwargs={"revision": INDEXES}
    )
    asyncio.run(_write_during(empty_database_url, migrating))
    migrating.join(PATIENCE_SECONDS)
    assert indexes(empty_database_url) >= OF_THE_REPORT
    assert column(empty_database_url, "SELECT email FROM users") == ["new@example.com"]
    assert column(empty_database_url, "SELECT title FROM chat_conversations") == ["New"]


async def _write_during(url: str, migrating: threading.Thread) -> None:
    """Insert while the build waits for an older transaction."""
    older, writing = [await asyncpg.connect(url) for _ in range(2)]
    async with asyncio.timeout(PATIENCE_SECONDS):
        transaction = older.transaction()
        await transaction.start()
        await older.execute("LOCK TABLE chat_conversations IN ROW EXCLUSIVE MODE")
        migrating.start()
        while not await writing.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            pass
        await writing.execute("SET lock_timeout = '1s'")
        await writing.execute("INSERT INTO users (email) VALUES ('new@example.com')")
        await writing.execute("INSERT INTO chat_conversations (user_id, title) VALUES (1, 'New')")
        await transaction.rollback()
    await older.close()
    await writing.close()


def test_nobody_waits_behind_a_migration_that_waits(empty_database_url: str) -> None:
    migrate(empty_database_url)
    migrating = threading.Thread(
        target=migrate, args=(empty_database_url,), kwargs={"revision": revisions()[-2]}
    )
    asyncio.run(_read_behind(empty_database_url, migrating, "trusted_document_objectives"))
    migrating.join(PATIENCE_SECONDS)
    assert column(empty_database_url, "SELECT version_num FROM alembic_version") == [
        revisions()[-2]
    ]


async def _read_behind(url: str, migrating: threading.Thread, table: str) -> None:
    """Read a table that an older transaction reads, and a migration waits to drop."""
    older, reading = [await asyncpg.connect(url) for _ in range(2)]
    async with asyncio.timeout(PATIENCE_SECONDS):
        transaction = older.transaction()
        await transaction.start()
        await older.fetch(f"SELECT * FROM {table}")
        migrating.start()
        while not await reading.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            pass
        await reading.execute("SET lock_timeout = '10s'")
        await reading.fetch(f"SELECT * FROM {table}")
        assert migrating.is_alive()
        await transaction.rollback()
    await older.close()
    await reading.close()


def test_two_who_migrate_at_once(empty_database_url: str) -> None:
    running = [
        subprocess.Popen(
            [Path(sys.executable).with_name("guidance"), "migrate"],
            env={"PATH": os.environ["PATH"], "DATABASE_URL": empty_database_url},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=PATIENCE_SECONDS)[0] for process in running]
    assert said == [f"The database is at {revisions()[-1]}.\n"] * 2


def test_data_survives_the_indexes(empty_database_url: str) -> None:
    migrate(empty_database_url, revision=TABLES)
    asyncio.run(run(empty_database_url, "INSERT INTO users (email) VALUES ('a@example.com')"))
    migrate(empty_database_url)
    migrate(empty_database_url, revision=TABLES)
    assert column(empty_database_url, "SELECT email FROM users") == ["a@example.com"]
