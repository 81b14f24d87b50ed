"""By how much quantiles differ, how sure that is, and which difference is more than chance."""

from itertools import product
from math import inf, sqrt
from random import Random

import pytest

from perf.statistics.binomial import at_least
from perf.statistics.resampling import RESAMPLES, critical_value
from perf.statistics.shift import PROBABILITIES, RankedLatencies, Round, Shift


def rounds(random: Random, count: int, slowdown: float, *, sigma: float = 0.2) -> list[Round]:
    """Each has two requests of either side."""
    return [
        (
            [random.lognormvariate(0, sigma) for _ in range(2)],
            [(1 + slowdown) * random.lognormvariate(0, sigma) for _ in range(2)],
        )
        for _ in range(count)
    ]


def at(shifts: list[Shift], probability: float) -> Shift:
    return next(one for one in shifts if one.probability == probability)


def test_quantiles_are_those_of_each_side_by_nearest_rank() -> None:
    hundred = [([number + 0.0], [10 * number + 0.0]) for number in range(1, 101)]
    shifts = RankedLatencies(hundred).shifts(2.0)
    assert [one.probability for one in shifts] == list(PROBABILITIES)
    assert [(one.a, one.b) for one in shifts] == [(100 * one, 1_000 * one) for one in PROBABILITIES]
    assert {round(one.value, 9) for one in shifts} == {9.0}


def test_an_excess_is_counted_by_group_of_rounds() -> None:
    """Of four rounds b is beyond a in the first two: both are beyond the median of all."""
    seen = [([1.0], [2.0]), ([1.1], [2.1]), ([3.0], [0.5]), ([3.1], [0.6])]
    by_quantile = dict(zip(PROBABILITIES, RankedLatencies(seen).excesses(), strict=True))
    assert by_quantile[0.5] == [1, 1, -1, -1]
    assert by_quantile[0.99] == [0, 0, 0, 0]


def test_the_interval_holds_the_true_change_as_often_as_it_says() -> None:
    random, held, experiments = Random(3), dict.fromkeys((0.5, 0.95), 0), 60
    for _ in range(experiments):
        found = RankedLatencies(rounds(random, 60, 0.2)).shifts(1.96)
        for probability in held:
            held[probability] += (one := at(found, probability)).low <= 0.2 <= one.high
    for count in held.values():
        # So few would come in one of a thousand experiments, were the confidence 95%.
        assert at_least(experiments - count, experiments, 0.05) > 0.001


def test_an_interval_leaves_no_change_out_where_the_ratio_is_beyond_the_critical_value() -> None:
    """What the intervals say, and what the signs say, is one and the same."""
    random, agreed = Random(5), 0
    for slowdown in (0.0, 0.03, 0.06):
        for _ in range(10):
            ranked = RankedLatencies(rounds(random, 40, slowdown))
            for one, row in zip(ranked.shifts(2.0), ranked.excesses(), strict=True):
                norm = sqrt(sum(excess * excess for excess in row))
                is_beyond = norm > 0 and abs(sum(row)) / norm > 2.0
                agreed += is_beyond == (one.low > 0 or one.high < 0)
    assert agreed == 3 * 10 * len(PROBABILITIES)


def test_too_few_samples_have_no_end() -> None:
    found = RankedLatencies(rounds(Random(1), 20, 0.0)).shifts(3.0)
    assert (at(found, 0.99).low, at(found, 0.99).high) == (-1, inf)
    assert at(found, 0.99).width == inf
    assert at(found, 0.99).detectable_effect(3.0, 0.84, growth=4) == inf


def test_equal_latencies_are_the_effect() -> None:
    found = RankedLatencies([([1.0], [1.25])] * 30).shifts(3.0)
    assert {(one.value, one.low, one.high) for one in found if one.width < inf} == {
        (0.25, 0.25, 0.25)
    }


def test_what_drifts_within_rounds_alike_cancels_out() -> None:
    """Each round is another time of the day, up to ten times as slow, and b is 5% slower."""
    random = Random(2)
    days = [10 ** random.random() for _ in range(200)]
    drifting = [([day], [1.05 * day]) for day in days]
    median = at(RankedLatencies(drifting).shifts(3.0), 0.5)
    assert median.low > -0.05
    assert median.high < 0.2


def test_the_least_change_that_is_seen_shrinks_with_the_root_of_the_rounds() -> None:
    shift = Shift(0.5, 1.0, 1.0, 1 / 1.1 - 1, 0.1)
    assert shift.detectable_effect(3.0, 0.0, growth=1) == pytest.approx(0.1)
    assert shift.detectable_effect(3.0, 0.0, growth=4) == pytest.approx(1.1**0.5 - 1)
    assert shift.detectable_effect(3.0, 0.84, growth=1) > 0.12


def test_one_row_s_critical_value_is_that_of_all_signs() -> None:
    row = [3, 1, -2, 2, 1, -1, 2, 1]
    norm = sqrt(sum(one * one for one in row))
    every = sorted(
        abs(sum(sign * one for sign, one in zip(signs, row, strict=True))) / norm
        for signs in product((1, -1), repeat=len(row))
    )
    exact = every[round(0.9 * len(every)) - 1]
    assert critical_value([row], false_alarms=0.1) == pytest.approx(exact, abs=0.25)
    # The bound of a normal distribution, and of many rows together.
    many = [[random.choice((-1, 1)) for _ in range(64)] for random in map(Random, range(30))]
    assert 1.7 < critical_value(many[:1], false_alarms=0.05) < 2.2
    assert 2.8 < critical_value(many, false_alarms=0.05) < 3.5


def test_rows_that_are_alike_do_not_make_one_another_less_sure() -> None:
    row = [random.choice((-1, 1)) for random in map(Random, range(64))]
    assert critical_value([row] * 20, false_alarms=0.05) == critical_value([row], false_alarms=0.05)


def test_nothing_seen_has_no_critical_value_and_the_same_seed_gives_the_same() -> None:
    assert critical_value([[0, 0, 0], []], false_alarms=0.05) == 0.0
    assert critical_value([[1, 2, 3]], false_alarms=0.05, seed=7) == critical_value(
        [[1, 2, 3]], false_alarms=0.05, seed=7
    )
    assert RESAMPLES % 20 == 19  # so that 5% of them and of what was seen is a whole number
