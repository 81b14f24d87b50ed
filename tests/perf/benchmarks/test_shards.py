"""The simulation of shards adds up, is the same each time, and follows its assumptions."""

from dataclasses import replace

import pytest
from click.testing import CliRunner

from perf.benchmarks.suites.shards import Assumptions, bench_shards, simulate

SMALL = Assumptions(messages=1_000_000, shards=8, nodes=3)


def test_a_seed_decides_everything() -> None:
    first = simulate(SMALL, 1)
    assert first == simulate(SMALL, 1)
    assert first != simulate(SMALL, 2)


def test_messages_add_up_and_spread() -> None:
    found = simulate(SMALL, 1)
    assert 1_000_000 <= found.average * 8 < 1_600_000
    assert found.least <= found.average <= found.most
    assert found.hottest <= SMALL.most_of_one
    assert 0 < found.hottest_share <= 1


def test_costs_follow_from_what_is_assumed() -> None:
    found, dear = simulate(SMALL, 1), simulate(replace(SMALL, claim_milliseconds=2.0), 1)
    assert found.claim_cores == pytest.approx(16 * 10 * 0.2 / 1_000)
    assert dear.claim_cores == pytest.approx(10 * found.claim_cores)
    # Four nodes would have two of eight shards each: two move.
    assert found.rebalance_hours == pytest.approx(2 * found.move_hours)


def test_the_command_names_each_assumption() -> None:
    result = CliRunner().invoke(bench_shards, ["--messages", "100000", "--shards", "4"])
    assert result.exit_code == 0, result.output
    named = [line for line in result.output.splitlines() if line.startswith("assumed")]
    assert len(named) == len(Assumptions.__slots__)
