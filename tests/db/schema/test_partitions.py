"""Partitioned tables hold the same rows, under the same keys, and a person's are in one part."""

import asyncio

import pytest
from click.testing import CliRunner

from app.cli.migrate import migrate as migrate_command
from db.database import open_database
from db.personal.completeness import differences
from db.queries.chat import conversations, messages
from db.queries.privacy import erasure_verification
from db.schema.partitions.online import partition
from db.schema.readiness import readiness
from db.schema.revisions import revisions
from tests.fixtures.stores.postgres import everything, rows_of, run
from tests.fixtures.stores.world import ADA, LONG_CONVERSATION

PARTS = 4
PARTED = "SELECT count(*) FROM pg_class WHERE relispartition AND relkind = 'r'"
OF_ADA = "SELECT DISTINCT tableoid::regclass::text FROM chat_messages WHERE user_id = $1"


@pytest.fixture
def parted(own_world: str) -> str:
    """The small world, in partitions."""
    partition(own_world, PARTS)
    return own_world


def test_the_rows_are_the_same_and_those_of_a_person_together(own_world: str) -> None:
    before = asyncio.run(everything(own_world))
    tables = partition(own_world, PARTS)
    assert {"users", "chat_messages", "enterprise_credentials"} <= set(tables)
    assert asyncio.run(everything(own_world)) == before
    ((parts,),) = asyncio.run(rows_of(own_world, PARTED))
    assert parts == PARTS * len(tables)
    assert len(asyncio.run(rows_of(own_world, OF_ADA, ADA))) == 1
    assert partition(own_world, PARTS) == (), "what is partitioned stays so"


async def test_a_partitioned_database_is_ready_and_classified(own_world: str) -> None:
    await asyncio.to_thread(partition, own_world, PARTS)
    async with open_database(
        own_world, replica_url=None, pool_size=2, observe=lambda *_: None
    ) as database:
        assert await readiness(database, revisions()) == "ok"
        async with database.read() as connection:
            assert differences(await erasure_verification.catalogue(connection)) == []
            assert len(await conversations.by_id(connection, [LONG_CONVERSATION], ADA)) == 1
            newest = await messages.count_by_conversation(connection, [LONG_CONVERSATION], ADA)
            assert [row["count"] for row in newest] == [30]


def test_a_page_reads_one_partition(parted: str) -> None:
    query = "EXPLAIN SELECT id FROM chat_conversations WHERE user_id = 1 ORDER BY updated_at"
    plan = "\n".join(row[0] for row in asyncio.run(rows_of(parted, query)))
    assert plan.count("chat_conversations_part_") <= 2, plan


def test_ids_go_on_and_lookups_are_kept(parted: str) -> None:
    asyncio.run(run(parted, "INSERT INTO users (email) VALUES ('new@example.com')"))
    ((user_id, found),) = asyncio.run(
        rows_of(
            parted,
            "SELECT id, user_id FROM users JOIN user_emails ON user_id = id "
            "WHERE users.email = 'new@example.com'",
        )
    )
    assert user_id == found > ADA


def test_the_command_parts_a_new_database(empty_database_url: str) -> None:
    result = CliRunner().invoke(
        migrate_command, ["--partitions", "2"], env={"DATABASE_URL": empty_database_url}
    )
    assert result.exit_code == 0, result.output
    assert "tables have 2 partitions each" in result.output
    refused = CliRunner().invoke(migrate_command, ["base", "--partitions", "2"])
    assert refused.exit_code == 2
