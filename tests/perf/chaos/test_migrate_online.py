"""A database is migrated under load, and what migrates it is killed: in a short form."""

import asyncio
from dataclasses import replace

import pytest
from click.testing import CliRunner

from db.schema.migration import migrate
from perf.chaos.migrate_online import command
from perf.chaos.migrate_online.people import Crowd
from perf.chaos.migrate_online.trial import Trial, run_trial
from tests.fixtures.stores.postgres import rows_of, run

IN_PARTITIONS = Trial(
    Crowd(messages=3_000, writers=2),
    ("--partitions", "2"),
    kills=3,
    most_seconds=1.5,
    before_seconds=0.3,
    seed=1,
)
OLD_KEYS = "20261130_0037"
FORMS = "SELECT relkind::text FROM pg_class WHERE relname = 'chat_messages'"


@pytest.mark.slow
def test_nothing_is_lost_on_the_way_into_partitions(database_url: str) -> None:
    found = asyncio.run(run_trial(IN_PARTITIONS, database_url))
    assert (found.problems, found.killed) == ((), 3)
    assert found.writes > 0
    assert [row[0] for row in asyncio.run(rows_of(database_url, FORMS))] == ["p"]


@pytest.mark.slow
def test_nothing_is_lost_on_the_way_to_keys_with_persons(empty_database_url: str) -> None:
    migrate(empty_database_url, revision=OLD_KEYS)
    trial = replace(IN_PARTITIONS, arguments=(), kills=2)
    found = asyncio.run(run_trial(trial, empty_database_url))
    assert (found.problems, found.killed) == ((), 2)


def test_a_lost_row_and_a_missed_target_are_reported(database_url: str) -> None:
    trial = replace(IN_PARTITIONS, crowd=Crowd(200, 1), arguments=(), kills=0)
    loses = (
        "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "DELETE FROM chat_messages WHERE id = 1000001; RETURN NULL; END $$; "
        "CREATE TRIGGER lose AFTER INSERT ON chat_conversations EXECUTE FUNCTION lose()"
    )
    asyncio.run(run(database_url, loses))
    found = asyncio.run(run_trial(trial, database_url))
    assert [one.partition(":")[0] for one in found.problems] == ["what nobody touched has changed"]
    slow = replace(found, before=0.001, during=0.002, longest_lock=0.2, locked="users")
    assert slow.missed == (
        "a lock of users is held or asked for for 200 ms, and not 100",
        "pages take 2.00 times as long, and not 1.5",
    )


def test_the_command_says_what_it_is_about() -> None:
    result = CliRunner().invoke(command.migrate_online, ["--help"])
    assert result.exit_code == 0
    assert "kill what migrates" in " ".join(result.output.split())
