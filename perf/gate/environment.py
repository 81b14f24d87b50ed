"""The environment of the gate: a filled database and a data directory."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from app.cli.failures.database_failures import reporting_database_failures
from db.embedded import embedded_postgres
from db.schema.migration import migrate
from perf.counting.child_process import CountingFailed
from perf.gate.data.fill import fill
from perf.gate.gate import TooFewRows

UNAVAILABLE_EXIT_CODE = 3


class GateUnavailable(click.ClickException):
    """The gate itself failed; no document was checked."""

    exit_code = UNAVAILABLE_EXIT_CODE


@contextmanager
def gate_environment(url: str | None) -> Iterator[tuple[str, Path]]:
    """The URL of a filled database, given or new, and a server's data directory.

    Raises `GateUnavailable`, also for failures inside the block.
    """
    with TemporaryDirectory(prefix="guidance-gate-") as name, _failures_reported():
        folder = Path(name)
        if url is not None:
            yield url, folder
            return
        # PostgreSQL may run as another user, who needs access to its folder.
        folder.chmod(0o755)
        with embedded_postgres(folder, is_durable=False) as own:
            migrate(own)
            asyncio.run(fill(own))
            yield own, folder


@contextmanager
def _failures_reported() -> Iterator[None]:
    try:
        with reporting_database_failures("the gate cannot run"):
            yield
    except click.ClickException as error:
        raise GateUnavailable(error.format_message()) from error
    except TooFewRows as error:
        raise GateUnavailable(f"the gate cannot run: {error}") from error
    except CountingFailed as error:
        raise GateUnavailable(f"what counts has ended: {error}") from None
