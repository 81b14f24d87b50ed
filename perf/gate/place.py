"""The environment of the gate: a filled database and a data directory."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from app.cli.failures import failing_with
from db.embedded import embedded_postgres
from db.migration import migrate
from perf.counting.child_process import CountingFailed
from perf.gate.data import fill
from perf.gate.gate import NotFilled

CANNOT_RUN = 3


class CannotRun(click.ClickException):
    """The gate itself failed; no document was checked."""

    exit_code = CANNOT_RUN


@contextmanager
def filled_place(url: str | None) -> Iterator[tuple[str, Path]]:
    """The URL of a filled database, given or new, and a server's data directory.

    Raises `CannotRun`, also for failures inside the block.
    """
    with TemporaryDirectory(prefix="guidance-gate-") as name, _running():
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
def _running() -> Iterator[None]:
    try:
        with failing_with("the gate cannot run"):
            yield
    except click.ClickException as error:
        raise CannotRun(error.format_message()) from error
    except NotFilled as error:
        raise CannotRun(f"the gate cannot run: {error}") from error
    except CountingFailed as error:
        raise CannotRun(f"what counts has ended: {error}") from None
