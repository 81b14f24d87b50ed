"""How totals and percentiles are taken."""

import pytest

from metrics.buffered import Timing


@pytest.mark.parametrize(
    ("seconds", "share", "expected"),
    [
        ([], 0.5, 0.0),
        ([0.3], 0.99, 0.3),
        ([0.2, 0.1], 0.5, 0.1),
        ([0.2, 0.1], 0.51, 0.2),
        ([i / 100 for i in range(100, 0, -1)], 0.95, 0.95),
        ([i / 100 for i in range(100, 0, -1)], 0.99, 0.99),
        ([i / 100 for i in range(100, 0, -1)], 1.0, 1.0),
        ([i / 100 for i in range(100, 0, -1)], 0.0, 0.01),
    ],
)
def test_a_percentile_is_a_duration_that_was_measured(
    seconds: list[float], share: float, expected: float
) -> None:
    timing = Timing()
    for one in seconds:
        timing.add(one)
    assert timing.percentile(share) == expected


def test_totals_are_of_the_whole_life_and_percentiles_of_the_newest() -> None:
    timing = Timing()
    for seconds in (8.0, *[0.5] * 1_024):
        timing.add(seconds)
    assert (timing.count, timing.total, timing.longest) == (1_025, 520.0, 8.0)
    assert timing.percentile(1.0) == 0.5
