"""graphql-core's own tests of execution, with all that they execute compiled when it first runs."""

import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

ROOT = Path(__file__).parents[3]
PLUGIN = Path(__file__).with_name("compiling_at_once.py")
EXECUTING = (
    "tests/execution",
    "tests/test_graphql.py",
    "tests/test_star_wars_query.py",
    "tests/test_user_registry.py",
    "tests/type/test_custom_scalars.py",
    "tests/type/test_enum.py",
)


def test_they_pass(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    if not request.config.getoption("--graphql-cores-tests"):
        pytest.skip("fetches the source of graphql-core: --graphql-cores-tests")
    unpack(fetched(tmp_path), tmp_path)
    # Its own options are for plugins that are not needed here.
    options = ("-q", "-p", PLUGIN.stem, "-p", "no:cacheprovider", "--override-ini", "addopts=")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *EXECUTING],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(PLUGIN.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    counted = orjson.loads((tmp_path / "counted.json").read_bytes())
    assert counted["failed"] == []
    assert counted["tests"] == {"passed": 824}
    # They prove something only where compiled code ran: to the end, or until it gave up.
    operations = counted["operations"]
    assert operations["compiled"] - operations["stepped back"] >= 190
    assert operations["stepped back"] >= 170


def fetched(folder: Path) -> Path:
    """The archive with the source of the locked version, whose hash is locked too."""
    lock = (ROOT / "requirements.lock").read_text()
    locked = re.search(r"^graphql-core==.*\n( +--hash=.*\n)+", lock, re.MULTILINE)
    assert locked is not None
    requirements = folder / "requirements.txt"
    requirements.write_text(locked[0])
    source = ("--no-deps", "--no-binary", "graphql-core", "--require-hashes")
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", *source, "-r", requirements, "-d", folder],
        check=True,
    )
    (archive,) = folder.glob("graphql_core-*.tar.gz")
    return archive


def unpack(archive: Path, folder: Path) -> None:
    """Unpack the tests and their configuration, but nothing that could be imported instead."""

    def wanted(members: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
        for member in members:
            member.name = member.name.partition("/")[2]
            if member.name == "pyproject.toml" or member.name.startswith("tests/"):
                yield member

    with tarfile.open(archive) as source:
        source.extraction_filter = getattr(tarfile, "data_filter", None)
        source.extractall(folder, wanted(source))  # noqa: S202 - only what is wanted
