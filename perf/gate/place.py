"""Where the gate runs: a database with its data, and a folder."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from app.cli.failures import failing_with
from db.embedded import embedded_postgres
from db.migration import migrate
from perf.gate.data import fill


@contextmanager
def filled_place(url: str | None) -> Iterator[tuple[str, Path]]:
    """A filled database, that at `url` or a new one, and a folder for what a server keeps."""
    with TemporaryDirectory(prefix="guidance-gate-") as name, failing_with("the gate cannot run"):
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
