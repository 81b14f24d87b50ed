"""How often a comparison finds what is there and what is not, on simulated servers."""

from concurrent.futures import ProcessPoolExecutor

import pytest
from click.testing import CliRunner

from perf.cli.command import perf
from perf.comparisons.ab.power import Trial, table, trial
from perf.comparisons.ab.simulation import CHANGES, NO_CHANGE

pytestmark = pytest.mark.heavy

SEEDS = 200
LONG = pytest.mark.slow
CHANGED = [one.name for one in CHANGES if one is not NO_CHANGE]


def trials(noise: str, change: str, seeds: range) -> list[Trial]:
    return [trial(noise, change, seed) for seed in seeds]


@pytest.mark.parametrize("change", CHANGED)
def test_a_change_is_named_on_a_quiet_machine(change: str) -> None:
    found = trials("quiet", change, range(3))
    assert [one.is_named for one in found] == [True] * 3
    assert not any(one.is_false for one in found)


def test_nothing_is_found_where_nothing_is_and_it_ends_before_its_time() -> None:
    found = trials("quiet", NO_CHANGE.name, range(10))
    assert sum(one.is_false for one in found) <= 1
    assert all(one.seconds < 60 for one in found)


def test_the_command_prints_the_table_that_is_published() -> None:
    ran = CliRunner().invoke(perf, ["ab-power", "--seeds", "1", "--noise", "quiet"])
    heading, _, row = ran.stdout.splitlines()
    assert (
        heading == "| noise | false alarms | " + " | ".join([*CHANGED, "rounds", "seconds"]) + " |"
    )
    assert row.startswith("| quiet | 0 of 1 | 1 of 1 | ")


@LONG
@pytest.mark.parametrize("noise", ["quiet", "drifting", "bursts", "heavy tail"])
def test_a_tenth_of_the_median_and_a_fifth_of_p95_are_caught(noise: str) -> None:
    with ProcessPoolExecutor(2) as pool:
        _, _, row = table(pool, range(SEEDS), 3, [noise])
    name, alarms, *named, _rounds, _seconds = row.strip("| ").split(" | ")
    assert name == noise
    assert int(alarms.split()[0]) <= 0.05 * SEEDS
    assert all(int(one.split()[0]) >= 0.95 * SEEDS for one in named)
