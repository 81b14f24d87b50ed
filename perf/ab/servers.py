"""Both versions at once: each a server on a database of its own, with the same data."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from db.embedded import embedded_postgres
from perf.ab.versions import VersionUnusable, migrate_with, migrations_of
from perf.dataset.bench import BenchSizes
from perf.load.own_server import Target, Version, fill_with, running_model, server_on
from perf.load.profiles import SIZES

AT_ONCE = {"first-token-seconds": "0", "tokens": "20", "tokens-per-second": "0"}


@dataclass(frozen=True, slots=True)
class Side:
    """A version, and what is set for it in the environment."""

    version: Version
    settings: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def side_by_side(a: Side, b: Side, *, sizes: BenchSizes = SIZES) -> Iterator[tuple[Target, Target]]:
    """Run both until the block is left; raises `VersionUnusable`."""
    with (
        TemporaryDirectory(prefix="guidance-ab-") as folder,
        embedded_postgres(Path(folder)) as url,
        running_model(AT_ONCE) as model,
    ):
        databases = _databases(url, a.version, b.version, sizes)
        with (
            server_on(
                databases[0],
                model,
                data_dir=folder,
                version=a.version,
                sizes=sizes,
                settings=a.settings,
            ) as first,
            server_on(
                databases[1],
                model,
                data_dir=folder,
                version=b.version,
                sizes=sizes,
                settings=b.settings,
            ) as second,
        ):
            yield first, second


def _databases(url: str, a: Version, b: Version, sizes: BenchSizes) -> tuple[str, str]:
    """Two databases with the same data, each migrated by its version."""
    first, second = (database_of(url, name) for name in ("a", "b"))
    asyncio.run(run(url, 'CREATE DATABASE "a"'))
    _prepare(a, first, sizes)
    if migrations_of(a) == migrations_of(b):
        asyncio.run(run(url, 'CREATE DATABASE "b" TEMPLATE "a" STRATEGY FILE_COPY'))
    else:
        asyncio.run(run(url, 'CREATE DATABASE "b"'))
        _prepare(b, second, sizes)
    return first, second


def _prepare(version: Version, url: str, sizes: BenchSizes) -> None:
    migrate_with(version, url)
    try:
        fill_with(url, sizes)
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
