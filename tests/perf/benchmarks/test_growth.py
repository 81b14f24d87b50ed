"""The growth benchmark counts what each read costs, plain and partitioned."""

import pytest
from click.testing import CliRunner

from perf.benchmarks.suites.growth import READS, bench_growth

pytestmark = pytest.mark.slow


def test_every_read_is_counted_for_both_people_in_both_forms() -> None:
    result = CliRunner().invoke(bench_growth, ["--messages", "2000", "--partitions", "2"])
    assert result.exit_code == 0, result.output
    head, *lines = result.output.splitlines()
    assert head.split() == ["read", "messages", "parts", "whose", "blocks", "ms"]
    assert len(lines) == len(READS) * 2 * 2
    assert all(int(line.split()[-2]) > 0 for line in lines)
