"""Both versions at once: one server each, on separate databases with the same data."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from db.embedded import embedded_postgres
from perf.gate.data.callers import TWICE_THE_ROWS
from perf.servers.seeded import Version, running_model
from perf.servers.versions import VersionUnusable, migrate_with, migrations_of
from perf.sweep.server import INSTANT_MODEL, SweepTarget, fill_for_sweep, gate_server

_GROUPS = (TWICE_THE_ROWS,)


@dataclass(frozen=True, slots=True)
class ConfiguredVersion:
    """A version and the environment variables that are set for it."""

    version: Version
    settings: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def side_by_side(
    a: ConfiguredVersion, b: ConfiguredVersion
) -> Iterator[tuple[SweepTarget, SweepTarget]]:
    """Run both servers until the block ends; raises `VersionUnusable`."""
    with (
        TemporaryDirectory(prefix="guidance-ab-") as folder,
        embedded_postgres(Path(folder)) as url,
        running_model(INSTANT_MODEL) as model,
        ExitStack() as servers,
    ):
        databases = _databases(url, a.version, b.version)
        first, second = (
            servers.enter_context(
                gate_server(
                    database,
                    model,
                    groups=_GROUPS,
                    data_dir=folder,
                    version=side.version,
                    settings=side.settings,
                )
            )
            for side, database in zip((a, b), databases, strict=True)
        )
        yield first, second


def _databases(url: str, a: Version, b: Version) -> tuple[str, str]:
    """Two databases with the same data, each migrated by its version."""
    first, second = (database_of(url, name) for name in ("a", "b"))
    asyncio.run(run(url, 'CREATE DATABASE "a"'))
    _prepare(a, first)
    if migrations_of(a) == migrations_of(b):
        asyncio.run(run(url, 'CREATE DATABASE "b" TEMPLATE "a" STRATEGY FILE_COPY'))
    else:
        asyncio.run(run(url, 'CREATE DATABASE "b"'))
        _prepare(b, second)
    return first, second


def _prepare(version: Version, url: str) -> None:
    migrate_with(version, url)
    try:
        fill_for_sweep(url)
    except asyncpg.PostgresError as error:
        raise VersionUnusable(
            f"the schema of {version.tree} cannot hold the data: {error}"
        ) from None


def database_of(url: str, name: str) -> str:
    """The URL of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def run(url: str, *commands: str) -> None:
    """Run commands on a connection of their own."""
    connection = await asyncpg.connect(url)
    try:
        for command in commands:
            await connection.execute(command)
    finally:
        await connection.close()
