"""Partitioned tables hold the same rows, under the same keys, and a person's are in one part."""

import asyncio
from urllib.parse import urlsplit

import asyncpg
import pytest
from click.testing import CliRunner

from app.cli.migrate import migrate as migrate_command
from db.database import open_database
from db.personal.completeness import differences
from db.queries.chat import conversations, messages
from db.queries.privacy import erasure_verification
from db.schema.migration import migrate
from db.schema.partitions.online import partition
from db.schema.partitions.swap import CopyDiffers
from db.schema.readiness import readiness
from db.schema.revisions import revisions
from perf.gate.data.fill import fill_callers
from tests.fixtures.stores.postgres import everything, new_database, rows_of, run
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
    assert set(partition(own_world, 1)) == set(tables)
    assert asyncio.run(everything(own_world)) == before


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


CATALOGUE = """
SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND conparentid = 0 AND contype <> 't'
  AND conrelid NOT IN (SELECT oid FROM pg_class WHERE relispartition)
UNION ALL SELECT tablename, indexname, replace(indexdef, ' ON ONLY ', ' ON ') FROM pg_indexes
WHERE schemaname = 'public' AND tablename !~ '_part_[0-9]+$'
UNION ALL SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger
WHERE NOT tgisinternal AND tgname NOT LIKE 'own_%'
  AND tgrelid NOT IN (SELECT oid FROM pg_class WHERE relispartition)
UNION ALL SELECT nspname, '', '' FROM pg_namespace WHERE nspname LIKE 'partition%'
"""


def test_keys_indexes_and_triggers_are_as_before_in_both_directions(database_url: str) -> None:
    def catalogue() -> list[tuple[str, ...]]:
        return sorted(map(tuple, asyncio.run(rows_of(database_url, CATALOGUE))))

    before = catalogue()
    partition(database_url, 2)
    assert catalogue() == before
    partition(database_url, 1)
    assert catalogue() == before


GONE_ON = """
SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgname IN
  ('own_chat_messages', 'own_privacy_exports', 'own_privacy_erasure_counts')
"""


def test_what_fills_in_persons_for_the_version_before_goes_with_partitions(
    own_world: str,
) -> None:
    partition(own_world, 2)
    assert [row[0] for row in asyncio.run(rows_of(own_world, GONE_ON))] == [0]
    alone = "INSERT INTO chat_messages (conversation_id, role, content) VALUES (1, 'user', 'Text')"
    with pytest.raises(asyncpg.PostgresError):
        asyncio.run(run(own_world, alone))


def test_what_fills_in_persons_for_the_version_before_is_gone_by_2027(database_url: str) -> None:
    ((left,),) = asyncio.run(rows_of(database_url, GONE_ON))
    assert left == 0 or revisions()[-1] < "2027", "the first revision of 2027 drops the triggers"


def test_a_copy_with_other_rows_is_not_put_in_its_place(own_world: str) -> None:
    loses = (
        "CREATE SCHEMA IF NOT EXISTS partitioning",
        (
            "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF NEW.id = 3 THEN RETURN NULL; END IF; RETURN NEW; END $$"
        ),
        (
            "CREATE FUNCTION plant() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF to_regclass('partitioning.users_planted') IS NULL "
            "AND to_regclass('partitioning.users') IS NOT NULL THEN "
            "CREATE TABLE partitioning.users_planted (); "
            "CREATE TRIGGER lose BEFORE INSERT ON partitioning.users "
            "FOR EACH ROW EXECUTE FUNCTION lose(); END IF; END $$"
        ),
        (
            "CREATE EVENT TRIGGER plant ON ddl_command_end WHEN TAG IN ('CREATE TABLE') "
            "EXECUTE FUNCTION plant()"
        ),
    )
    before = asyncio.run(everything(own_world))
    asyncio.run(run(own_world, *loses))
    with pytest.raises(CopyDiffers, match=r"copy of users has 4 rows instead of 5"):
        partition(own_world, 2)
    assert asyncio.run(everything(own_world)) == before


@pytest.mark.slow
def test_a_downgrade_to_the_first_revision_is_the_same_from_both_forms(
    postgres: str, database_url: str
) -> None:
    asyncio.run(fill_callers(database_url))
    filled = urlsplit(database_url).path.removeprefix("/")
    with new_database(postgres, filled) as other:
        partition(other, 2)
        for url in (database_url, other):
            migrate(url, revision="20260220_0018")
        first, second = (asyncio.run(everything(url)) for url in (database_url, other))
    assert sum(map(len, first.values())) > 1_000
    assert first == second
