"""How long to wait before a call is tried again."""

from clients.llm.configuration import RetryPolicy


def wait_seconds(
    policy: RetryPolicy, retry: int, *, asked_seconds: float | None, chance: float
) -> float:
    """The wait before the retry of this number, 1 being the first; `chance` is from 0 to 1.

    `asked_seconds` is what the model asked for (Retry-After), which is never undercut. The jitter
    is added at every step: at the longest wait too, where it takes its room from the backoff, so
    that callers who failed together do not come back together.
    """
    longest = policy.backoff_max_seconds
    jitter = min(policy.jitter_seconds, longest)
    # The exponent has a limit because a float has.
    doubled = policy.backoff_seconds * 2.0 ** min(retry - 1, 100)
    backoff = min(doubled, longest - jitter)
    return max(backoff, asked_seconds or 0.0) + jitter * chance
