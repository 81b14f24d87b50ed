"""The binomial distribution, and the confidence interval of a share."""

from collections.abc import Callable
from math import exp, lgamma, log

_NEGLIGIBLE = 1e-17
_HALVINGS = 60


def at_most(count: int, trials: int, share: float) -> float:
    """The probability of `count` or fewer successes in `trials` with the probability `share`.

    Exact up to rounding. The number of steps is a few standard deviations.
    """
    if count < 0:
        return 0.0
    if count >= trials or share <= 0:
        return 1.0
    if share >= 1:
        return 0.0
    if count < trials * share:
        return _tail(count, trials, share)
    return 1.0 - _tail(trials - count - 1, trials, 1 - share)


def at_least(count: int, trials: int, share: float) -> float:
    """The probability of `count` or more successes."""
    return at_most(trials - count, trials, 1 - share)


def share_interval(count: int, trials: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """The confidence interval of a share, after `count` successes in `trials`.

    Clopper and Pearson, Biometrika 26 (1934): exact, with at least the given confidence.
    """
    if not trials:
        return 0.0, 1.0
    alpha = (1 - confidence) / 2
    low = _root(lambda share: at_least(count, trials, share) > alpha) if count else 0.0
    high = _root(lambda share: at_most(count, trials, share) <= alpha) if count < trials else 1.0
    return low, high


def _root(is_beyond: Callable[[float], bool]) -> float:
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if is_beyond(middle) else (middle, high)
    return (low + high) / 2


def _tail(count: int, trials: int, share: float) -> float:
    """The same as `at_most` for a count below the mean, from where the terms only decrease."""
    term = exp(
        lgamma(trials + 1)
        - lgamma(count + 1)
        - lgamma(trials - count + 1)
        + count * log(share)
        + (trials - count) * log(1 - share)
    )
    total, odds = 0.0, (1 - share) / share
    while count >= 0 and term > total * _NEGLIGIBLE:
        total += term
        term *= count * odds / (trials - count + 1)
        count -= 1
    return min(total, 1.0)
