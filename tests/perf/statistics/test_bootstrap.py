"""The comparison of versions, on made-up series: it cries wolf as rarely as it says."""

from math import exp, log
from random import Random

import pytest

from perf.statistics.binomial import at_least
from perf.statistics.bootstrap import (
    FEWEST_ROUNDS,
    Change,
    Effect,
    block_mean,
    effect,
    round_difference,
)

MINIMUM, CONFIDENCE = 0.05, 0.95


def series(
    random: Random, slowdown: float, *, rounds: int = 12, noise: float = 0.08
) -> list[float]:
    return [random.gauss(log(1 + slowdown), noise) for _ in range(rounds)]


def changes(slowdown: float, *, experiments: int) -> list[Change]:
    random = Random(7)
    found = []
    for _ in range(experiments):
        one = effect(series(random, slowdown), confidence=CONFIDENCE)
        assert one is not None
        found.append(one.change(MINIMUM))
    return found


def test_the_interval_holds_the_true_effect_as_often_as_it_says() -> None:
    random, held, experiments = Random(3), 0, 25
    for _ in range(experiments):
        found = effect(series(random, 0.2), confidence=0.9)
        assert found is not None
        held += found.low <= 0.2 <= found.high
    # So few would come in one of a thousand experiments, were the confidence 90%.
    assert at_least(experiments - held, experiments, 0.1) > 0.001


def test_the_same_version_is_not_called_slower() -> None:
    found = changes(0.0, experiments=25)
    assert found.count(Change.SLOWER) + found.count(Change.FASTER) <= 1


def test_a_slowdown_of_a_fifth_is_caught() -> None:
    found = changes(0.2, experiments=15)
    assert found.count(Change.SLOWER) >= 14
    assert Change.FASTER not in found


def test_an_interval_is_beyond_the_minimum_within_it_or_neither() -> None:
    assert Effect(0.2, 0.06, 0.3).change(MINIMUM) is Change.SLOWER
    assert Effect(0.2, 0.04, 0.3).change(MINIMUM) is Change.UNKNOWN
    assert Effect(0.01, -0.04, 0.04).change(MINIMUM) is Change.SAME
    assert Effect(-0.2, -0.3, -0.06).change(MINIMUM) is Change.FASTER
    assert Effect(-0.2, -0.3, -0.04).change(MINIMUM) is Change.UNKNOWN


def test_too_few_rounds_say_nothing() -> None:
    assert effect([0.1] * (FEWEST_ROUNDS - 1), confidence=CONFIDENCE) is None


def test_equal_differences_are_the_effect() -> None:
    found = effect([log(1.2)] * FEWEST_ROUNDS, confidence=CONFIDENCE)
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.2, 0.2))


def test_the_same_differences_give_the_same_interval() -> None:
    differences = series(Random(1), 0.1)
    assert effect(differences, confidence=0.95) == effect(differences, confidence=0.95)


def test_a_steady_drift_cancels_out() -> None:
    # Four blocks in the order A B B A, each tenth slower than the one before.
    a, b = (0.0, 0.3), (0.1 + log(1.2), 0.2 + log(1.2))
    assert exp(round_difference(a, b)) == pytest.approx(1.2)


def test_one_outlier_does_not_make_the_block() -> None:
    assert exp(block_mean([0.01] * 99 + [1.0])) == pytest.approx(0.0104713, abs=1e-6)
