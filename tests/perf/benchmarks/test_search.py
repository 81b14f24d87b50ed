"""The benchmark of searches has a line for each kind, and goes on with what it has filled."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from perf.benchmarks.suites.search.command import bench_search
from perf.benchmarks.suites.search.queries import KINDS

pytestmark = pytest.mark.slow
SMALL = ["--messages", "300", "--others", "300", "--others", "600", "--searches", "2"]


def test_every_kind_is_counted_beside_few_and_many_of_others(database_folder: Path) -> None:
    for is_filled in (False, True):
        result = CliRunner().invoke(bench_search, [*SMALL, "--folder", str(database_folder)])
        assert result.exit_code == 0, result.output
        assert ("filled" in result.stderr) is not is_filled
        lines = result.stdout.splitlines()
        assert len(lines) == 2 * (len(KINDS) + 4)
        assert all(int(line.split()[-1]) > 0 for line in lines if line.startswith("all "))
