"""The serving process dies at random moments, and everything is accounted for."""

from click.testing import CliRunner

from perf.chaos.command import chaos


def test_nothing_is_lost_or_doubled_when_the_server_is_killed(database_url: str) -> None:
    result = CliRunner().invoke(
        chaos,
        ["kill-replies", "--people", "4", "--sends", "20", "--kills", "3"],
        env={"DATABASE_URL": database_url},
    )
    lines = result.stdout.splitlines()
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    assert lines[0] == "20 messages of 4 people, 3 kills"
    assert lines[-1] == "nothing lost, nothing doubled, and the ledger equals the counters"


def test_a_database_with_people_is_left_alone(world: str) -> None:
    result = CliRunner().invoke(chaos, ["kill-replies"], env={"DATABASE_URL": world})
    assert (result.exit_code, result.stderr) == (
        1,
        "Error: the database is not empty: it has users\n",
    )
