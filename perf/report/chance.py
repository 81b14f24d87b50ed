"""Whether a count grew by more than chance."""

from perf.statistics.binomial import at_least

_UNLIKELY = 1e-4
"""Many things are counted in a report: each may be mistaken once in ten thousand."""


def has_grown(before: float, after: float, *, of_before: float, of_after: float) -> bool:
    """Whether `after` of so many is more than `before` of so many promises.

    Given how many there are together, each falls into the second run with the share that this run
    has of all: the conditional test of two Poisson rates (Przyborowski and Wilenski, Biometrika 31,
    1940).
    """
    together = round(before) + round(after)
    if not together or not of_after:
        return False
    return at_least(round(after), together, of_after / (of_before + of_after)) < _UNLIKELY
