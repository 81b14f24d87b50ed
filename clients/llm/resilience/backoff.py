"""Exponential backoff with jitter: how long to wait before a retry."""

from clients.llm.configuration import RetryPolicy


def backoff_wait_seconds(
    policy: RetryPolicy, retry: int, *, retry_after_seconds: float | None, chance: float
) -> float:
    """The wait before retry number `retry`, the first being 1; `chance` is random, from 0 to 1.

    The wait is never shorter than `retry_after_seconds`, which the model asked for. Jitter is added
    to every wait, also to the longest, where the backoff is shortened to make room for it: so
    callers that failed together do not return together.
    """
    longest = policy.backoff_max_seconds
    jitter = min(policy.jitter_seconds, longest)
    # The exponent is limited because a float is.
    doubled = policy.backoff_seconds * 2.0 ** min(retry - 1, 100)
    backoff = min(doubled, longest - jitter)
    return max(backoff, retry_after_seconds or 0.0) + jitter * chance
