"""Settings of connections, WebSockets, and the metrics endpoint."""

from pydantic import Field

from app.connections.bounds import SocketBounds
from app.settings.group import SettingsGroup
from app.settings.types import ApiKey, Positive, Seconds


class ConnectionSettings(SettingsGroup):
    """Limits of connections and WebSockets, and access to the metrics."""

    http_head_seconds: Positive = Field(
        10, description="How long the head of a request may take; then 408."
    )
    http_body_seconds: Positive = Field(
        30,
        description="How long the body of a request may take, answered with 408 then, and a "
        "WebSocket message, closed with 4408.",
    )
    http_idle_seconds: Positive = Field(
        75, description="How long a connection may do nothing between two requests."
    )
    http_unread_seconds: Positive = Field(
        30, description="How long a client may take in nothing of what is sent to it."
    )
    http_max_connections: Positive = Field(
        4_000,
        description="The most connections of one process, WebSockets among them; for one more, one "
        "that does nothing is closed, or it is answered with 503.",
    )
    http_max_connections_per_address: Positive = Field(
        500,
        description="The most connections from one address (IPv6: from one /64 network) that is "
        "no proxy of `TRUSTED_PROXIES`; one more is answered with 503.",
    )
    websocket_max_per_address: Positive = Field(
        200,
        description="The most WebSockets of one address, as the proxies name it; one more is "
        "answered with 429.",
    )
    websocket_frames: Positive = Field(
        400,
        description="The most frames that may come at once over one WebSocket, each 4 KB counting "
        "as one more; then it is closed with 4429.",
    )
    websocket_frames_per_second: Positive = Field(
        100, description="The frames that may come again with each second."
    )
    websocket_frames_per_address: Positive = Field(
        4_000,
        description="The most frames that may come at once over all WebSockets of one address; a "
        "handshake counts as ten.",
    )
    websocket_frames_per_address_per_second: Positive = Field(
        400, description="The frames of an address that may come again with each second."
    )
    metrics_token: ApiKey | None = Field(
        None,
        description="What /metrics is asked with, as `Authorization: Bearer …`; without it, it is "
        "open to everybody who can reach it.",
    )
    metrics_port: int | None = Field(
        None,
        ge=1,
        le=65_535,
        description="A port for /metrics alone, on which nothing else is answered, nor it on any "
        "other; the only one of a worker.",
    )
    metrics_host: str = Field(
        "127.0.0.1",
        description="The address that `METRICS_PORT` listens on; `0.0.0.0` in a container.",
    )

    metrics_max_age_seconds: Seconds = Field(
        1, description="How old what /metrics gives may be; 0 writes it anew for whoever asks."
    )

    @property
    def socket_bounds(self) -> SocketBounds:
        """The limits of WebSockets."""
        return SocketBounds(
            max_per_address=self.websocket_max_per_address,
            units=self.websocket_frames,
            units_per_second=self.websocket_frames_per_second,
            units_of_address=self.websocket_frames_per_address,
            units_of_address_per_second=self.websocket_frames_per_address_per_second,
        )
