"""Whether a target is met, missed, or cannot be told from so few samples."""

from collections.abc import Iterable
from enum import Enum
from math import ceil, log

from perf.statistics.binomial import at_least, at_most

CONFIDENCE = 0.95


class Verdict(Enum):
    """What the samples allow to be said, with 95% confidence."""

    PASS = "PASS"  # noqa: S105 - not a password
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


def judged(bad: int, samples: int, allowed_share: float) -> Verdict:
    """Whether at most `allowed_share` of everything is bad, when `bad` of `samples` were.

    The exact binomial test, once each way: PASS when so few bad ones would be too unlikely if more
    than the allowed share were bad, FAIL when so many would be too unlikely if no more were. A
    percentile is judged by it too: "p95 is at most 300 ms" says that at most 5% exceed 300 ms.
    """
    unlikely = 1 - CONFIDENCE
    if at_most(bad, samples, allowed_share) <= unlikely:
        return Verdict.PASS
    if at_least(bad, samples, allowed_share) <= unlikely:
        return Verdict.FAIL
    return Verdict.INCONCLUSIVE


def samples_needed(allowed_share: float) -> int:
    """From how many samples on a PASS is possible: so many without one bad; 59 for a p95."""
    return ceil(log(1 - CONFIDENCE) / log(1 - allowed_share))


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """What several targets come to: the one missed, else the one that cannot be told."""
    found = set(verdicts)
    return next((one for one in (Verdict.FAIL, Verdict.INCONCLUSIVE) if one in found), Verdict.PASS)
