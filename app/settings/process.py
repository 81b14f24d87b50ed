"""What concerns a process as a whole."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from app.settings.group import Group
from app.settings.types import Listed, Positive, Proxy, Seconds


class ProcessSettings(Group):
    """What is in front of it, what it does beside serving, and how it stops."""

    trusted_proxies: Listed[Proxy] = Field(
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
        description="How long an operation may have to wait, in the process or for connections to "
        "the database, before what comes is refused with 503; 0 refuses nobody.",
    )
    overload_interval_seconds: Annotated[Seconds, Field(gt=0)] = Field(
        0.1, description="For how long they must have had to wait so long."
    )
    shutdown_grace_seconds: Positive = Field(
        30, description="How long requests may go on when the server is asked to stop."
    )
