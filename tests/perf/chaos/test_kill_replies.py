"""The settings process dies at random moments, and everything is accounted for."""

import pytest
from click.testing import CliRunner

from perf.chaos.command import chaos


@pytest.mark.parametrize(("sends", "kills"), [(8, 1), pytest.param(20, 3, marks=pytest.mark.slow)])
def test_nothing_is_lost_or_doubled_when_the_server_is_killed(
    database_url: str, sends: int, kills: int
) -> None:
    result = CliRunner().invoke(
        chaos,
        ["kill-replies", "--people", "4", "--sends", f"{sends}", "--kills", f"{kills}"],
        env={"DATABASE_URL": database_url},
    )
    lines = result.stdout.splitlines()
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    assert lines[0] == f"{sends} messages of 4 people, {kills} kills"
    assert lines[-1] == "nothing lost, nothing doubled, and the ledger equals the counters"


def test_a_database_with_people_is_left_alone(world: str) -> None:
    result = CliRunner().invoke(chaos, ["kill-replies"], env={"DATABASE_URL": world})
    assert (result.exit_code, result.stderr) == (
        1,
        "Error: the database is not empty: it has users\n",
    )
