"""What the benchmark of traces says of its rounds."""

import pytest

from perf.benchmarks.suites.traces import ratio


@pytest.mark.parametrize(
    ("seconds", "off", "said"),
    [
        ([1.1] * 9, [1.0] * 9, "1.100 (1.100 to 1.100)"),
        ([1.0, 2.0, 3.0], [1.0, 1.0, 1.0], "2.000 (? to ?)"),
        ([float(one) for one in range(1, 10)], [1.0] * 9, "5.000 (2.000 to 8.000)"),
    ],
)
def test_a_ratio_has_its_interval(seconds: list[float], off: list[float], said: str) -> None:
    assert ratio(seconds, off) == said
