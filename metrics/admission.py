"""What the server refuses or delays: connections, requests under overload, spent budgets."""

from prometheus_client import Counter, Gauge, Histogram

from metrics.buffered import Timing, flush_histogram

CONNECTIONS_REFUSED = Counter(
    "guidance_connections_refused",
    "Connections closed for what their client did or left undone: malformed, head_too_long,"
    " head_too_late, body_too_late, unread, idle, too_many, too_many_frames, message_too_late.",
    ("kind",),
)
CONNECTIONS_OPEN = Gauge(
    "guidance_connections_open",
    "Connections that are open, WebSockets among them; counted once a second.",
    multiprocess_mode="livesum",
)
OVERLOAD_REFUSED = Counter(
    "guidance_overload_refused",
    "Requests, and operations of WebSockets, refused because others had waited too long already.",
)
OVERLOAD_DELAY_SECONDS = Histogram(
    "guidance_overload_delay_seconds",
    "How long each that was refused would have waited to be begun, or had.",
    buckets=(0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0, 2.5, 5.0, 10.0),
)
ADMISSION_WAIT_SECONDS = Histogram(
    "guidance_admission_wait_seconds",
    "How long requests, and operations of WebSockets, waited to be begun, of those that had to.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.7, 1.0, 2.5, 5.0),
)
THROTTLED = Counter(
    "guidance_throttled",
    "Operations refused because the caller had used up its share, by kind of caller.",
    ("caller",),
)

_waits = Timing()


def connections_open(count: int) -> None:
    """Record how many connections are open."""
    CONNECTIONS_OPEN.set(count)


def connection_refused(kind: str) -> None:
    """Count a connection that was refused or given up."""
    CONNECTIONS_REFUSED.labels(kind).inc()


def refused_for_overload(delay_seconds: float) -> None:
    """Count a refusal, and how long the refused request has waited or would have."""
    OVERLOAD_REFUSED.inc()
    OVERLOAD_DELAY_SECONDS.observe(delay_seconds)


def waited_to_begin(seconds: float) -> None:
    """Record how long an admitted request has waited."""
    _waits.unflushed.append(seconds)


def flush() -> None:
    """Flush the buffered waits to Prometheus."""
    flush_histogram(ADMISSION_WAIT_SECONDS, _waits)


def throttled(caller: str) -> None:
    """Count an operation refused for its cost: `caller` is `key`, `person` or `address`."""
    THROTTLED.labels(caller).inc()
