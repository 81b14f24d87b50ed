"""Privacy requests: how long they take, how they end, and which are outstanding."""

from collections.abc import Collection, Iterable, Mapping

from prometheus_client import Counter, Gauge, Histogram

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_EDGES = (
    *(1, 10, _MINUTE, 10 * _MINUTE, _HOUR, 6 * _HOUR),
    *(_DAY, 3 * _DAY, 7 * _DAY, 14 * _DAY, 28 * _DAY, 31 * _DAY),
)

SECONDS = Histogram(
    "guidance_privacy_request_seconds",
    "Seconds that privacy requests were in a state, when they left it.",
    ("kind", "state"),
    buckets=_EDGES,
)
ENDED = Counter(
    "guidance_privacy_requests_ended", "Privacy requests that ended, by how.", ("kind", "status")
)
ATTEMPTS_FAILED = Counter(
    "guidance_privacy_attempts_failed", "Attempts at privacy requests that failed.", ("kind",)
)
OWED = Gauge(
    "guidance_privacy_requests_owed",
    "Privacy requests that are not carried out yet.",
    ("kind", "status"),
    multiprocess_mode="mostrecent",
)
OVERDUE = Gauge(
    "guidance_privacy_requests_overdue",
    "Privacy requests that are not carried out a month after they came.",
    ("kind",),
    multiprocess_mode="mostrecent",
)
DEADLINE_SECONDS = Gauge(
    "guidance_privacy_deadline_seconds",
    "Seconds until the law's month is over for the oldest privacy request; infinite without one.",
    ("kind",),
    multiprocess_mode="mostrecent",
)


def left_state(kind: str, state: str, seconds: float) -> None:
    """Record how long a request was in the state that it left."""
    SECONDS.labels(kind, state).observe(seconds)


def ended(kind: str, status: str) -> None:
    """Count a request that ended."""
    ENDED.labels(kind, status).inc()


def attempt_failed(kind: str) -> None:
    """Count a failed attempt."""
    ATTEMPTS_FAILED.labels(kind).inc()


def still_owed(
    counts: Iterable[tuple[str, str, int, int]],
    seconds_left: Mapping[str, float],
    *,
    kinds: Iterable[str],
    statuses: Collection[str],
) -> None:
    """Record the outstanding requests: for each kind and status, their number and those overdue.

    `kinds` and `statuses` are all that there can be; those without requests are set to zero.
    """
    numbers = {(kind, status): (count, overdue) for kind, status, count, overdue in counts}
    for kind in kinds:
        for status in statuses:
            OWED.labels(kind, status).set(numbers.get((kind, status), (0, 0))[0])
        late = (overdue for (of_kind, _), (_, overdue) in numbers.items() if of_kind == kind)
        OVERDUE.labels(kind).set(sum(late))
        DEADLINE_SECONDS.labels(kind).set(seconds_left.get(kind, float("inf")))
