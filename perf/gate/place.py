"""Where the gate runs: a database with its data, and a folder."""

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
    """The gate itself fails: nothing is said of any document."""

    exit_code = CANNOT_RUN


@contextmanager
def filled_place(url: str | None) -> Iterator[tuple[str, Path]]:
    """A filled database, that at `url` or a new one, and a folder for what a server keeps.

    Raises `CannotRun`, also for what fails inside the block.
    """
    with TemporaryDirectory(prefix="guidance-gate-") as name, _running():
        folder = Path(name)
        if url is not None:
            yield url, folder
            return
        # PostgreSQL may run as another user than this, who has to reach its folder.
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
