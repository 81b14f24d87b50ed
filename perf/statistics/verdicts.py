"""Judge whether samples meet a target."""

from collections.abc import Iterable
from enum import Enum
from math import ceil, log

from perf.statistics.binomial import at_least, at_most

CONFIDENCE = 0.95


class Verdict(Enum):
    """The conclusion that samples allow with 95% confidence."""

    PASS = "PASS"  # noqa: S105 - not a password
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


def binomial_verdict(bad: int, samples: int, allowed_share: float) -> Verdict:
    """Whether the share of bad events is at most `allowed_share`, after `bad` of `samples`.

    The exact binomial test in both directions: PASS rejects that more than the allowed share is
    bad, FAIL rejects that no more is. Percentiles are tested with it too: "p95 is at most 300 ms"
    means that at most 5% exceed 300 ms.
    """
    unlikely = 1 - CONFIDENCE
    if at_most(bad, samples, allowed_share) <= unlikely:
        return Verdict.PASS
    if at_least(bad, samples, allowed_share) <= unlikely:
        return Verdict.FAIL
    return Verdict.INCONCLUSIVE


def samples_needed(allowed_share: float) -> int:
    """The number of samples needed for a PASS if none of them is bad; 59 for a p95."""
    return ceil(log(1 - CONFIDENCE) / log(1 - allowed_share))


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The combined verdict: FAIL if any target fails, then INCONCLUSIVE, then PASS."""
    found = set(verdicts)
    return next((one for one in (Verdict.FAIL, Verdict.INCONCLUSIVE) if one in found), Verdict.PASS)
