"""The service itself: instances and the worker, as in production."""

import signal
import sys
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from urllib.request import urlopen

from perf.servers.cluster.service import Service
from perf.servers.cluster.site import Site

GUIDANCE = Path(sys.executable).with_name("guidance")
_WORKS = "The worker is working."


def instance(site: Site, number: int, port: int, environment: Mapping[str, str]) -> Service:
    """One that answers requests, ready when it says so."""
    name = f"api-{number}"
    return Service(
        site.own_folder(name),
        site.guard,
        name,
        [str(GUIDANCE), "serve", "--no-worker", "--port", str(port)],
        is_ready=lambda: is_ready(f"http://127.0.0.1:{port}"),
        environment=environment,
        # Without serving on for a while, as on SIGTERM.
        last_signal=signal.SIGINT,
    )


def worker(site: Site, environment: Mapping[str, str]) -> Service:
    """The one that does the background jobs."""
    folder = site.own_folder("worker")
    return Service(
        folder,
        site.guard,
        "worker",
        [str(GUIDANCE), "worker"],
        is_ready=lambda: _WORKS in (folder / "worker.log").read_text(),
        environment=environment,
    )


def is_ready(url: str) -> bool:
    """Whether requests would be served there."""
    try:
        with urlopen(f"{url}/readyz", timeout=5) as answer:  # noqa: S310 - http on the loopback
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False
