"""The PostgreSQL that the server brings along: one for all processes that name its folder."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from db.embedded import FOLDER, EmbeddedDatabaseFailed, embedded_postgres, installation
from tests.fixtures.postgres import run

pytestmark = pytest.mark.heavy

USE_UNTIL_TOLD = """
import sys
from pathlib import Path
from db.embedded import embedded_postgres
with embedded_postgres(Path(sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.read()
"""
STARTED_AT = "SELECT pg_postmaster_start_time()"


@pytest.fixture(scope="module")
def folder(database_folder: Path) -> Path:
    """Where the server of this module keeps its data: not there at first, and with blanks."""
    return database_folder / "made when needed"


@contextmanager
def another_user(folder: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """A process that uses the server until the block is left, and the URL that it was given."""
    process = subprocess.Popen(
        [sys.executable, "-c", USE_UNTIL_TOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip(), process
    finally:
        process.communicate()


def value(url: str, query: str) -> object:
    async def fetch() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def is_running(folder: Path) -> bool:
    return (folder / FOLDER / "postmaster.pid").exists()


@pytest.mark.parametrize(("is_durable", "fsync"), [(True, "on"), (False, "off")])
def test_it_starts_on_an_empty_folder_and_takes_its_settings_each_time(
    folder: Path, *, is_durable: bool, fsync: str
) -> None:
    with embedded_postgres(folder, is_durable=is_durable) as url:
        assert str(value(url, "SHOW server_version")).startswith("18.")
        assert value(url, "SHOW max_connections") == "200"
        assert value(url, "SHOW timezone") == "UTC"
        assert value(url, "SHOW fsync") == fsync
        assert value(url, "SHOW listen_addresses") == ""
    assert not is_running(folder)


def test_it_stops_with_the_last_of_its_users(folder: Path) -> None:
    with another_user(folder) as (url, _):
        with embedded_postgres(folder) as same:
            assert same == url
            started_at = value(url, STARTED_AT)
        assert value(url, STARTED_AT) == started_at
    assert not is_running(folder)


def test_a_user_that_was_killed_takes_nothing_along_and_is_not_waited_for(folder: Path) -> None:
    with another_user(folder) as (url, process):
        asyncio.run(run(url, "CREATE TABLE kept AS SELECT 7 AS number"))
        process.kill()
    with embedded_postgres(folder) as url:
        assert value(url, "SELECT number FROM kept") == 7
    assert not is_running(folder)


def test_a_folder_that_cannot_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedDatabaseFailed, match="cannot be used"):
        embedded_postgres(tmp_path / "file").__enter__()


def test_a_server_that_does_not_start_says_where_its_log_is(folder: Path) -> None:
    with embedded_postgres(folder):
        pass
    settings = folder / FOLDER / "postgresql.auto.conf"
    kept = settings.read_text()
    settings.write_text("no_such_setting = 1\n")
    try:
        with pytest.raises(EmbeddedDatabaseFailed, match=f"does not start.*{FOLDER}/log$"):
            embedded_postgres(folder).__enter__()
    finally:
        settings.write_text(kept)


def test_what_others_run_is_neither_started_nor_stopped(folder: Path) -> None:
    with embedded_postgres(folder) as url:
        installed = installation(folder)
        assert installed.data == folder / FOLDER
        assert value(url, "SHOW max_connections") == "200"
    settings = (folder / FOLDER / "postgresql.conf").read_text()
    assert installation(folder) == installed
    assert (folder / FOLDER / "postgresql.conf").read_text() == settings
    assert not is_running(folder)


def test_it_has_what_search_needs(folder: Path) -> None:
    with embedded_postgres(folder) as url:
        asyncio.run(run(url, "CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gin"))
        assert value(url, "SELECT similarity('guidance', 'guidence')") == pytest.approx(0.5)


def test_data_of_another_version_are_refused_in_one_sentence(folder: Path) -> None:
    version = folder / FOLDER / "PG_VERSION"
    version.write_text("17\n")
    try:
        with pytest.raises(EmbeddedDatabaseFailed, match="of PostgreSQL 17, and this is 18"):
            embedded_postgres(folder).__enter__()
    finally:
        version.write_text("18\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts it as another user")
def test_data_of_another_user_are_used_by_that_user(folder: Path) -> None:
    data = folder / FOLDER
    _give(data, "nobody")
    with embedded_postgres(folder) as url:
        assert value(url, "SELECT number FROM kept") == 7
    assert (data / "postgresql.conf").owner() == "nobody"
    _give(data, "root")
    with pytest.raises(EmbeddedDatabaseFailed, match=f"try chown -R [a-z_]+ {data}"):
        embedded_postgres(folder).__enter__()


def _give(folder: Path, user: str) -> None:
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, user)
