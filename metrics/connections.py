"""Connections that were refused or given up."""

from prometheus_client import Counter

REFUSED = Counter(
    "guidance_connections_refused",
    "Connections closed for what their client did or left undone: malformed, head_too_long,"
    " head_too_late, body_too_late, unread, idle, too_many, too_many_frames, message_too_late.",
    ("kind",),
)


def connection_refused(kind: str) -> None:
    """Note that a connection was refused or given up."""
    REFUSED.labels(kind).inc()
