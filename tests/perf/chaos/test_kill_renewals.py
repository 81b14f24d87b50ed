"""Workers die while subscriptions are renewed on a moved clock, and every cent is accounted for."""

import pytest
from click.testing import CliRunner

from perf.chaos.command import chaos


@pytest.mark.parametrize(
    ("subscriptions", "days", "kills"),
    [(4, 36, 1), pytest.param(60, 365, 8, marks=pytest.mark.slow)],
)
def test_nobody_is_charged_twice_or_not_at_all(
    database_url: str, subscriptions: int, days: int, kills: int
) -> None:
    arguments = ["--subscriptions", f"{subscriptions}", "--days", f"{days}", "--kills", f"{kills}"]
    result = CliRunner().invoke(
        chaos, ["kill-renewals", *arguments], env={"DATABASE_URL": database_url}
    )
    lines = result.stdout.splitlines()
    assert result.exit_code == 0, result.output
    assert f"{subscriptions} subscriptions, {days} days, {kills} kills" in lines[-3]
    assert lines[-1] == "nobody charged twice or not at all, and every sum is right"


def test_a_database_with_people_is_left_alone(world: str) -> None:
    result = CliRunner().invoke(chaos, ["kill-renewals"], env={"DATABASE_URL": world})
    assert (result.exit_code, result.stderr) == (
        1,
        "Error: the database is not empty: it has users\n",
    )
