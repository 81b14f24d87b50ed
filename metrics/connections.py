"""Connections that were refused or given up."""

from prometheus_client import Counter, Gauge

REFUSED = Counter(
    "guidance_connections_refused",
    "Connections closed for what their client did or left undone: malformed, head_too_long,"
    " head_too_late, body_too_late, unread, idle, too_many, too_many_frames, message_too_late.",
    ("kind",),
)
OPEN = Gauge(
    "guidance_connections_open",
    "Connections that are open, WebSockets among them; counted once a second.",
    multiprocess_mode="livesum",
)


def connections_open(count: int) -> None:
    """Note how many connections there are."""
    OPEN.set(count)


def connection_refused(kind: str) -> None:
    """Note that a connection was refused or given up."""
    REFUSED.labels(kind).inc()
