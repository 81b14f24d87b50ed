"""Settings of the process: proxies, background jobs, overload, shutdown."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from app.connections.bounds import ConnectionBounds
from app.connections.proxies import Proxies
from app.settings.connections import ConnectionSettings
from app.settings.types import CommaSeparated, Positive, Proxy, Seconds


class ProcessSettings(ConnectionSettings):
    """Proxies, background jobs, overload and shutdown."""

    trusted_proxies: CommaSeparated[Proxy] = Field(
        ("127.0.0.1",),
        description="Addresses and networks of the proxies in front, whose `X-Forwarded-For` says "
        "who asks, separated by commas.",
    )
    prometheus_multiproc_dir: Path | None = Field(
        None,
        description="Where several workers share their metrics; `serve --workers` sets it.",
    )
    serve_runs_worker: bool = Field(
        True,
        description="Whether a server does the background jobs too; `serve --no-worker` says no.",
    )
    worker_every_seconds: Annotated[Seconds, Field(gt=0)] = Field(
        2,
        description="How often the background jobs look for payments to finish, exports to make "
        "and people to erase.",
    )
    overload_delay_seconds: Seconds = Field(
        0.1,
        description="How long what is admitted may have to wait to be begun, before what comes is "
        "refused with 503; 0 refuses nobody.",
    )
    overload_interval_seconds: Annotated[Seconds, Field(gt=0)] = Field(
        1,
        description="For how long they must have had to wait so long, unless it is 250 already "
        "who had to.",
    )
    shutdown_grace_seconds: Positive = Field(
        30, description="How long requests may go on when the server is asked to stop."
    )

    @property
    def connection_bounds(self) -> ConnectionBounds:
        """The limits of connections."""
        return ConnectionBounds(
            max_connections=self.http_max_connections,
            max_per_address=self.http_max_connections_per_address,
            head_seconds=self.http_head_seconds,
            body_seconds=self.http_body_seconds,
            idle_seconds=self.http_idle_seconds,
            unread_seconds=self.http_unread_seconds,
            is_proxy=Proxies(self.trusted_proxies).__contains__,
        )
