"""Settings of connections, WebSockets, and the metrics endpoint."""

from pydantic import Field

from app.http.connections.limits import WebSocketLimits
from app.settings.fields.base import SettingsGroup
from app.settings.fields.field_types import ApiKey, Positive, Seconds


class ConnectionSettings(SettingsGroup):
    """Limits of connections and WebSockets, and access to the metrics."""

    http_head_seconds: Positive = Field(
        10, description="How long the head of a request may take; then 408."
    )
    http_body_seconds: Positive = Field(
        30,
        description="How long the body of a request may take (then 408), and a WebSocket message"
        " (then closed with 4408).",
    )
    http_idle_seconds: Positive = Field(
        75, description="How long a connection may be idle between two requests."
    )
    http_unread_seconds: Positive = Field(
        30,
        description="How long a client may read nothing of what it is sent; then its connection "
        "is closed.",
    )
    http_max_connections: Positive = Field(
        4_000,
        description="The most connections of one process, WebSockets included; for a further one"
        " an idle one is closed, or it is answered with 503.",
    )
    http_max_connections_per_address: Positive = Field(
        500,
        description="The most connections from one address (IPv6: one /64 network) that is not "
        "in `TRUSTED_PROXIES`; a further one is answered with 503.",
    )
    websocket_max_per_address: Positive = Field(
        200,
        description="The most WebSockets of one client address; a further one is answered with "
        "429.",
    )
    websocket_frames: Positive = Field(
        400,
        description="The most frames in a burst over one WebSocket, where each 4 KB counts as "
        "another frame; beyond, it is closed with 4429.",
    )
    websocket_frames_per_second: Positive = Field(
        100, description="The frames that a WebSocket regains each second."
    )
    websocket_frames_per_address: Positive = Field(
        4_000,
        description="The most frames in a burst over all WebSockets of one address; a handshake "
        "counts as ten.",
    )
    websocket_frames_per_address_per_second: Positive = Field(
        400, description="The frames that an address regains each second."
    )
    metrics_token: ApiKey | None = Field(
        None,
        description="The bearer token for /metrics; without it, /metrics is open to everybody "
        "who can reach it.",
    )
    metrics_port: int | None = Field(
        None,
        ge=1,
        le=65_535,
        description="A port only for /metrics, which is then not served on any other; a worker "
        "serves no other port.",
    )
    metrics_host: str = Field(
        "127.0.0.1",
        description="The address that `METRICS_PORT` listens on; `0.0.0.0` in a container.",
    )

    metrics_max_age_seconds: Seconds = Field(
        1, description="How old the text of /metrics may be; 0 renders it for every scrape."
    )

    @property
    def websocket_limits(self) -> WebSocketLimits:
        """The limits of WebSockets."""
        return WebSocketLimits(
            max_per_address=self.websocket_max_per_address,
            units=self.websocket_frames,
            units_per_second=self.websocket_frames_per_second,
            address_units=self.websocket_frames_per_address,
            address_units_per_second=self.websocket_frames_per_address_per_second,
        )
