"""A primary and a standby that follows it, made by the scripts of deploy/postgres."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass

import asyncpg

from db.embedded import Installation, installation
from perf.servers.cluster.service import Service, listens, wait_for
from perf.servers.cluster.site import Site

DATABASE, USER = "guidance", "postgres"
_TRUSTED, _BY_PASSWORD = (
    "host all all 127.0.0.1/32 trust",
    "host all all 127.0.0.1/32 scram-sha-256",
)
_SETTINGS = (
    "idle_in_transaction_session_timeout=60s",
    "plan_cache_mode=force_generic_plan",
    "jit=off",
)
_FOLLOWS = "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE state = 'streaming')"


@dataclass(frozen=True, slots=True)
class Passwords:
    """Of the database's owner, and of who reads along. Of letters and digits alone."""

    owner: str
    replication: str


class PostgresServer(Service):
    """One of the two; which of them takes writes, they say."""

    def __init__(
        self,
        site: Site,
        name: str,
        command: Iterable[str],
        *,
        installed: Installation,
        port: int,
        passwords: Passwords,
        **environment: str,
    ) -> None:
        options = (f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=")
        super().__init__(
            site.folder,
            site.guard,
            name,
            [*command, *(word for one in (*options, *_SETTINGS) for word in ("-c", one))],
            is_ready=self._takes_sessions,
            environment=_environment(installed, passwords) | environment,
            user=installed.user,
        )
        self.port = port
        self._is_listening = listens(port)
        self._root = f"postgresql://{USER}:{passwords.owner}@127.0.0.1:{port}"

    @property
    def url(self) -> str:
        """Where its database is, past every proxy and pooler."""
        return f"{self._root}/{DATABASE}"

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Stop it, ending the sessions of whoever is there."""
        super().stop(number)

    def run(self, command: str, database: str = DATABASE) -> object:
        """Run a command on a connection of its own, and give the first value of its first row."""

        async def do() -> object:
            connection = await asyncpg.connect(f"{self._root}/{database}", timeout=5)
            try:
                value: object = await connection.fetchval(command)
            finally:
                await connection.close()
            return value

        return asyncio.run(do())

    def _takes_sessions(self) -> bool:
        if not self._is_listening():
            return False
        try:
            self.run("SELECT 1", USER)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        return True


def primary(site: Site, port: int, passwords: Passwords) -> PostgresServer:
    """Make a primary with an empty database that a standby may follow; it runs."""
    name = "postgres-1"
    installed = installation(site.folder / name)
    who_may = installed.data / "pg_hba.conf"
    who_may.write_text(f"{_TRUSTED}\n")
    command = (str(installed.programs / "postgres"), "-D", str(installed.data))
    server = PostgresServer(
        site, name, command, installed=installed, port=port, passwords=passwords
    )
    site.run(server)
    server.run(f"ALTER ROLE {USER} PASSWORD '{passwords.owner}'", USER)
    server.run(f"CREATE DATABASE {DATABASE}", USER)
    subprocess.run(
        ["sh", site.deploy / "postgres" / "primary.sh"],
        env=os.environ
        | _environment(installed, passwords)
        | {"PGDATA": str(installed.data), "PGHOST": "127.0.0.1", "PGPORT": str(port)},
        user=installed.user,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    who_may.write_text(who_may.read_text().replace(_TRUSTED, _BY_PASSWORD))
    server.run("SELECT pg_reload_conf()")
    return server


def standby(site: Site, port: int, passwords: Passwords, of: PostgresServer) -> PostgresServer:
    """Make a standby of the primary, which waits for it with every commit from now on; it runs."""
    name = "postgres-2"
    installed = installation(site.folder / "postgres-1")
    folder = site.own_folder(name, installed.user)
    server = PostgresServer(
        site,
        name,
        ("sh", str(site.deploy / "postgres" / "replica.sh")),
        installed=installed,
        port=port,
        passwords=passwords,
        PGDATA=str(folder / "postgres"),
        PRIMARY_HOST="127.0.0.1",
        PRIMARY_PORT=str(of.port),
    )
    site.run(server)
    wait_for(lambda: bool(of.run(_FOLLOWS)), f"{name} does not follow: see {server.log}")
    of.run("ALTER SYSTEM SET synchronous_standby_names = 'replica'")
    of.run("SELECT pg_reload_conf()")
    return server


def _environment(installed: Installation, passwords: Passwords) -> dict[str, str]:
    return {
        "PATH": os.pathsep.join((str(installed.programs), os.environ["PATH"])),
        "POSTGRES_USER": USER,
        "REPLICATION_PASSWORD": passwords.replication,
    }
