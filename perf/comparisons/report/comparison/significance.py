"""Whether a count increased significantly."""

from perf.statistics.binomial import at_least

_UNLIKELY = 1e-4
"""The significance level of one test; low, because a report tests many counts."""


def has_grown(before: float, after: float, *, of_before: float, of_after: float) -> bool:
    """Whether the rate `after / of_after` is significantly larger than `before / of_before`.

    The conditional test of two Poisson rates: given the total, each event falls into the second run
    with a probability equal to its share of the trials (Przyborowski and Wilenski, Biometrika 31,
    1940).
    """
    together = round(before) + round(after)
    if not together or not of_after:
        return False
    return at_least(round(after), together, of_after / (of_before + of_after)) < _UNLIKELY
