"""The growth benchmark: what is allowed to grow, and that it counts all documents in both forms."""

import pytest
from click.testing import CliRunner

from perf.benchmarks.suites.growth.command import bench_growth
from perf.benchmarks.suites.growth.costs import Cost
from perf.benchmarks.suites.growth.judgement import Measured, growths, height, slowdown

FEW = Cost(2, 30, (1.0, 1.2, 1.4), 1.0)


def measured(messages: int, cost: Cost) -> Measured:
    return Measured(messages, 1, {("Page", "many"): cost})


def test_an_index_is_as_high_as_its_entries_make_it() -> None:
    assert [height(rows) for rows in (1, 250, 251, 100_000, 20_000_000)] == [1, 1, 2, 3, 4]


def test_only_the_height_of_an_index_may_be_added() -> None:
    few = measured(100_000, FEW)
    taller = measured(20_000_000, Cost(2, 46, (1.0,), 1.0))
    assert list(growths(few, taller)) == []
    dear = measured(20_000_000, Cost(3, 47, (1.0,), 1.0))
    assert list(growths(few, dear)) == [
        "Page for many: 3 statements with 20,000,000 messages in 1 parts, and 2 with 100,000",
        "Page for many: 47 blocks with 20,000,000 messages in 1 parts; 30 with 100,000 allow 46",
    ]


def test_times_are_compared_by_their_95th_percentile() -> None:
    few = measured(100_000, FEW)
    slower = measured(20_000_000, Cost(2, 30, (2.0, 2.4, 2.8), 1.0))
    found = slowdown(few, slower, "many")
    assert found is not None
    assert found.value == pytest.approx(2.0)
    assert slowdown(few, slower, "one") is None


@pytest.mark.slow
def test_documents_are_counted_for_both_people_in_both_forms() -> None:
    asked = ["--messages", "2000", "--partitions", "2", "--runs", "2", "--document", "ChatPage"]
    result = CliRunner().invoke(bench_growth, asked)
    assert result.exit_code == 0, result.output
    head, *lines = result.output.splitlines()
    assert head.split()[:3] == ["messages", "parts", "whose"]
    assert [line.split()[1:4] for line in lines] == [
        ["1", "one", "1"],
        ["1", "many", "1"],
        ["2", "one", "1"],
        ["2", "many", "1"],
    ]
