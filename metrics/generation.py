"""Replies, people's and metered ones, and the requests to the language model behind them."""

from dataclasses import dataclass

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
    "A model's circuit breaker: 0 closed, 1 half open, 2 open; of several workers the last told.",
    ("model",),
    # Not the highest: a worker that died with an open breaker would be shown forever.
    multiprocess_mode="mostrecent",
)
FALLBACKS = Counter(
    "guidance_generation_fallbacks",
    "Replies with which another model went on, by the model that failed and why.",
    ("model", "reason"),
)
TITLES = Counter(
    "guidance_titles", "Titles of conversations that a model was to give, by outcome.", ("outcome",)
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
REPLIES_TAKEN_OVER = Counter(
    "guidance_replies_taken_over", "Replies that went on here, begun by another process."
)
METERED_REPLIES_RUNNING = Gauge(
    "guidance_metered_replies_running",
    "Metered replies that are being written.",
    multiprocess_mode="livesum",
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
METERED_REPLIES_TAKEN_OVER = Counter(
    "guidance_metered_replies_taken_over",
    "Metered replies that were asked for anew here, begun by another process.",
)


@dataclass(frozen=True, slots=True)
class ReplyMetrics:
    """What is counted of the replies of one kind."""

    running: Gauge
    ended: Counter
    abandoned: Counter
    taken_over: Counter

    def begin(self) -> None:
        """Count a reply whose writer has begun."""
        self.running.inc()

    def end(self, label: str) -> None:
        """Count a reply whose writer has ended."""
        self.running.dec()
        self.ended.labels(label).inc()

    def abandon(self) -> None:
        """Count a reply that was ended because its writer is gone."""
        self.abandoned.inc()

    def take_over(self) -> None:
        """Count a reply that another process has begun."""
        self.taken_over.inc()


CONVERSATION_REPLIES = ReplyMetrics(
    REPLIES_RUNNING, REPLIES_ENDED, REPLIES_ABANDONED, REPLIES_TAKEN_OVER
)
METERED_REPLIES = ReplyMetrics(
    METERED_REPLIES_RUNNING,
    METERED_REPLIES_ENDED,
    METERED_REPLIES_ABANDONED,
    METERED_REPLIES_TAKEN_OVER,
)
