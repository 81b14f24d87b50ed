"""The services that outages break: a PostgreSQL behind a proxy, and a Redis."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import psutil

from db.embedded import FOLDER
from perf.chaos.outages.proxy import Proxy, proxied
from perf.servers.redis_server import RedisServer, redis_program

_OURS = """
SELECT pid FROM pg_stat_activity
WHERE application_name = 'guidance-api' AND datname = current_database()
"""
_END_OURS = _OURS.replace("pid", "pg_terminate_backend(pid)", 1)
_WRITABLE = {"default_transaction_read_only": "off"}


class Postgres:
    """The embedded PostgreSQL in `folder`, whose processes can be killed and frozen."""

    def __init__(self, url: str, folder: Path, proxy: Proxy) -> None:
        self.url = url
        self.proxy = proxy
        self._folder = folder

    @property
    def proxied_url(self) -> str:
        """Its URL through the proxy."""
        path = urlsplit(self.url).path
        return f"postgresql://postgres@127.0.0.1:{self.proxy.port}{path}?sslmode=disable"

    async def run(self, *commands: str) -> None:
        """Run commands, even while the database is read-only for others."""
        connection = await asyncpg.connect(self.url, server_settings=_WRITABLE)
        try:
            for command in commands:
                await connection.execute(command)
        finally:
            await connection.close()

    async def end_sessions(self) -> None:
        """Terminate every session of the server under test."""
        await self.run(_END_OURS)

    async def set_read_only(self, *, is_read_only: bool) -> None:
        """Make new sessions read-only, or writable again."""
        name = urlsplit(self.url).path.removeprefix("/")
        setting = "default_transaction_read_only"
        change = f"SET {setting} = on" if is_read_only else f"RESET {setting}"
        await self.run(f'ALTER DATABASE "{name}" {change}')

    async def kill_session(self) -> None:
        """Kill the process of one session, upon which PostgreSQL ends all others and recovers."""
        connection = await asyncpg.connect(self.url)
        try:
            pid = await connection.fetchval(_OURS)
        finally:
            await connection.close()
        if pid is not None:
            psutil.Process(pid).kill()

    def freeze(self) -> None:
        """Suspend all processes of PostgreSQL."""
        for process in self._processes():
            process.suspend()

    def thaw(self) -> None:
        """Resume all processes of PostgreSQL."""
        for process in self._processes():
            process.resume()

    def _processes(self) -> list[psutil.Process]:
        pid = int((self._folder / FOLDER / "postmaster.pid").read_text().split("\n")[0])
        postmaster = psutil.Process(pid)
        return [postmaster, *postmaster.children(recursive=True)]


@dataclass(frozen=True, slots=True)
class BackingServices:
    """The services that can fail; `redis` is None if none is installed."""

    postgres: Postgres
    redis: RedisServer | None


@asynccontextmanager
async def run_backing_services(url: str, folder: Path) -> AsyncIterator[BackingServices]:
    """Start the services for the embedded database at `url`, whose data is in `folder`."""
    server = f"{parse_qs(urlsplit(url).query)['host'][0]}/.s.PGSQL.5432"
    async with proxied(server) as proxy:
        with _redis() as redis:
            if redis is not None:
                await redis.start()
            postgres = Postgres(url, folder, proxy)
            try:
                yield BackingServices(postgres, redis)
            finally:
                postgres.thaw()


@contextmanager
def _redis() -> Iterator[RedisServer | None]:
    binary = redis_program()
    server = None if binary is None else RedisServer(binary)
    try:
        yield server
    finally:
        if server is not None:
            server.kill()
