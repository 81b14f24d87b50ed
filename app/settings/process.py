"""Settings of the process: proxies, background jobs, overload, shutdown."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from app.http.connections.limits import ConnectionLimits
from app.http.connections.proxies import Proxies
from app.settings.connections import ConnectionSettings
from app.settings.fields.field_types import CommaSeparated, Positive, Proxy, Seconds


class ProcessSettings(ConnectionSettings):
    """Proxies, background jobs, overload and shutdown."""

    trusted_proxies: CommaSeparated[Proxy] = Field(
        ("127.0.0.1",),
        description="Addresses and networks of proxies whose `X-Forwarded-For` is trusted, "
        "separated by commas.",
    )
    prometheus_multiproc_dir: Path | None = Field(
        None,
        description="The folder in which several workers share their metrics; `serve --workers` "
        "sets it.",
    )
    serve_runs_worker: bool = Field(
        True,
        description="Whether a server runs the background jobs too; `serve --no-worker` switches"
        " it off.",
    )
    worker_every_seconds: Annotated[Seconds, Field(gt=0)] = Field(
        2,
        description="How often the background jobs look for unfinished payments, exports and "
        "erasures.",
    )
    worker_indexing_share: Annotated[float, Field(gt=0, le=1)] = Field(
        0.25,
        description="For which share of the time a worker indexes messages for searches while many "
        "wait, as after an upgrade that indexes them otherwise.",
    )
    overload_delay_seconds: Seconds = Field(
        0.1,
        description="The queueing delay from which new requests are refused with 503; 0 refuses "
        "none.",
    )
    overload_interval_seconds: Annotated[Seconds, Field(gt=0)] = Field(
        1,
        description="How long the delay must last before requests are refused, unless 250 "
        "requests were delayed already.",
    )
    shutdown_drain_seconds: Seconds = Field(
        5,
        description="How long requests are still served after SIGTERM, while `/readyz` says 503.",
    )
    shutdown_grace_seconds: Positive = Field(
        30, description="How long running requests may take once the server takes no new ones."
    )

    @property
    def connection_limits(self) -> ConnectionLimits:
        """The limits of connections."""
        return ConnectionLimits(
            max_connections=self.http_max_connections,
            max_per_address=self.http_max_connections_per_address,
            head_seconds=self.http_head_seconds,
            body_seconds=self.http_body_seconds,
            idle_seconds=self.http_idle_seconds,
            unread_seconds=self.http_unread_seconds,
            is_proxy=Proxies(self.trusted_proxies).__contains__,
        )
