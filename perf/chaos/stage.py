"""What outages are played on: a PostgreSQL behind a proxy, and a Redis, all of our own."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import psutil

from db.embedded import FOLDER
from perf.chaos.proxy import Proxy, proxied
from perf.chaos.redis_server import RedisServer, redis_program

_OURS = """
SELECT pid FROM pg_stat_activity
WHERE application_name = 'guidance-api' AND datname = current_database()
"""
_END_OURS = _OURS.replace("pid", "pg_terminate_backend(pid)", 1)
_WRITABLE = {"default_transaction_read_only": "off"}


class Postgres:
    """The server on the embedded database's `folder`, with its processes."""

    def __init__(self, url: str, folder: Path, proxy: Proxy) -> None:
        self.url = url
        self.proxy = proxy
        self._folder = folder

    @property
    def proxied_url(self) -> str:
        """The URL by way of the proxy."""
        path = urlsplit(self.url).path
        return f"postgresql://postgres@127.0.0.1:{self.proxy.port}{path}?sslmode=disable"

    async def run(self, *commands: str) -> None:
        """Run commands, whatever the server lets others write."""
        connection = await asyncpg.connect(self.url, server_settings=_WRITABLE)
        try:
            for command in commands:
                await connection.execute(command)
        finally:
            await connection.close()

    async def end_sessions(self) -> None:
        """End every session of the server under test."""
        await self.run(_END_OURS)

    async def set_read_only(self, *, is_read_only: bool) -> None:
        """Have sessions that begin from now on take no writes, or take them again."""
        name = urlsplit(self.url).path.removeprefix("/")
        setting = "default_transaction_read_only"
        change = f"SET {setting} = on" if is_read_only else f"RESET {setting}"
        await self.run(f'ALTER DATABASE "{name}" {change}')

    async def kill_session(self) -> None:
        """Kill the process of one session: the server ends all others, and recovers."""
        connection = await asyncpg.connect(self.url)
        try:
            pid = await connection.fetchval(_OURS)
        finally:
            await connection.close()
        if pid is not None:
            psutil.Process(pid).kill()

    def freeze(self) -> None:
        """Stop all processes of the server where they are."""
        for process in self._processes():
            process.suspend()

    def thaw(self) -> None:
        """Let them go on."""
        for process in self._processes():
            process.resume()

    def _processes(self) -> list[psutil.Process]:
        pid = int((self._folder / FOLDER / "postmaster.pid").read_text().split("\n")[0])
        postmaster = psutil.Process(pid)
        return [postmaster, *postmaster.children(recursive=True)]


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that can fail; without a program for it there is no Redis."""

    postgres: Postgres
    redis: RedisServer | None


@asynccontextmanager
async def staged(url: str, folder: Path) -> AsyncIterator[Stage]:
    """Open the stage for the embedded database at `url`, which keeps its data in `folder`."""
    server = f"{parse_qs(urlsplit(url).query)['host'][0]}/.s.PGSQL.5432"
    async with proxied(server) as proxy:
        with _redis() as redis:
            if redis is not None:
                await redis.start()
            postgres = Postgres(url, folder, proxy)
            try:
                yield Stage(postgres, redis)
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
