"""Replies, people's and metered ones, and the requests to the language model behind them."""

from prometheus_client import Counter, Gauge, Histogram

_BACKOFF_EDGES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 20.0)
_FIRST_PIECE_EDGES = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.5, 5.0, 10.0, 20.0)

RETRY_BACKOFF_SECONDS = Histogram(
    "guidance_retry_backoff_seconds",
    "Seconds really slept before a retry of the model, also where the sleep was cut short.",
    buckets=_BACKOFF_EDGES,
)
RETRY_BACKOFF = Counter(
    "guidance_retry_backoff",
    "Sleeps before a retry of the model.",
)
ATTEMPTS = Counter(
    "guidance_generation_attempts",
    "Requests to the model that have ended, by outcome.",
    ("outcome",),
)
GENERATIONS = Counter(
    "guidance_generations",
    "Replies asked for that have ended, retries included, by outcome.",
    ("outcome",),
)
RETRIES_FORGONE = Counter(
    "guidance_generation_retries_forgone",
    "Retries not made because the process had made too many.",
)
FIRST_PIECE_SECONDS = Histogram(
    "guidance_generation_first_token_seconds",
    "Seconds until the first piece of a reply, retries and their waits included.",
    buckets=_FIRST_PIECE_EDGES,
)
BREAKER_STATE = Gauge(
    "guidance_generation_breaker_state",
    "The model's circuit breaker: 0 closed, 1 half open, 2 open; of several workers the last told.",
    # Not the highest: a worker that died with an open breaker would be shown forever.
    multiprocess_mode="mostrecent",
)
REPLIES_RUNNING = Gauge(
    "guidance_replies_running",
    "Replies that are being written.",
    multiprocess_mode="livesum",
)
REPLIES_ENDED = Counter("guidance_replies_ended", "Replies that ended, by how.", ("status",))
REPLIES_ABANDONED = Counter(
    "guidance_replies_abandoned", "Replies that were ended because their writer was gone."
)
METERED_REPLIES_ENDED = Counter(
    "guidance_metered_replies_ended",
    "Metered replies that ended, by how.",
    ("outcome",),
)
METERED_REPLIES_ABANDONED = Counter(
    "guidance_metered_replies_abandoned",
    "Metered replies that were ended, and given back, because their writer was gone.",
)


def reply_begun() -> None:
    """Count a reply whose writer has begun."""
    REPLIES_RUNNING.inc()


def reply_ended(status: str) -> None:
    """Count a reply that its writer ended with `status`."""
    REPLIES_RUNNING.dec()
    REPLIES_ENDED.labels(status).inc()


def reply_abandoned() -> None:
    """Count a reply that was ended because its writer is gone."""
    REPLIES_ABANDONED.inc()


def metered_reply_ended(outcome: str) -> None:
    """Count a metered reply that ended: `complete`, or the reason of its failure."""
    METERED_REPLIES_ENDED.labels(outcome).inc()


def metered_reply_abandoned() -> None:
    """Count a metered reply that was ended because its writer is gone."""
    METERED_REPLIES_ABANDONED.inc()
