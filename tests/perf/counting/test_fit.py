"""Calls as a fixed part and a part for each row."""

import pytest

from perf.counting.fit import Fit, fit


@pytest.mark.parametrize(
    ("few", "twice", "fitted"),
    [
        ((12, 240), (24, 360), Fit(120, 10.0)),
        ((2, 335), (2, 335), Fit(335, 0.0)),
        ((2, 335), (2, 342), Fit(342, 0.0)),
        ((12, 440), (21, 436), Fit(440, 0.0)),
        ((144, 1281), (241, 1701), Fit(658, 4.33)),
        ((1, 10), (3, 40), Fit(0, 15.0)),
    ],
)
def test_the_line_through_both_sizes_is_rounded_up(
    few: tuple[int, int], twice: tuple[int, int], fitted: Fit
) -> None:
    assert fit(few, twice) == fitted


def test_it_is_at_least_what_was_counted() -> None:
    line = fit((144, 1281), (241, 1701))
    assert (line.at(144) >= 1281, line.at(241) >= 1701) == (True, True)
