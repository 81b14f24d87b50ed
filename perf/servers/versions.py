"""Versions of the server: a source folder, or a revision of this repository."""

import io
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from perf.servers.host import ROOT
from perf.servers.seeded import Version

_MIGRATE = "import sys; from db.schema.migration import migrate; migrate(sys.argv[1])"
_FILL = "import sys; from perf.sweep.server import fill_for_sweep; fill_for_sweep(sys.argv[1])"


class VersionUnusable(Exception):
    """The name is not that of a usable version; the message says why."""


@contextmanager
def version_of(name: str) -> Iterator[Version]:
    """The version in the folder `name`, or at the revision `name`; raises `VersionUnusable`.

    A folder with a `.venv` runs with that Python, anything else with the present one.
    """
    folder = Path(name)
    if folder.is_dir():
        yield _checked(folder.resolve(), name)
        return
    archive = _archive(name)
    with TemporaryDirectory(prefix="guidance-version-") as temporary:
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            # Python 3.11 has it from its fourth patch on.
            files.extraction_filter = getattr(tarfile, "data_filter", None)
            files.extractall(temporary)  # noqa: S202 - git made it
        yield _checked(Path(temporary), name)


def migrate_with(version: Version, database_url: str) -> None:
    """Migrate a database to the newest revision of a version; raises `VersionUnusable`."""
    _run(version, _MIGRATE, database_url, "does not migrate")


def fill_with(version: Version, database_url: str) -> None:
    """Fill a migrated database with the gate's data of a version; raises `VersionUnusable`."""
    _run(version, _FILL, database_url, "does not fill its tables")


def migrations_of(version: Version) -> frozenset[str]:
    """The file names of a version's migrations."""
    tree = version.tree or ROOT
    return frozenset(path.name for path in (tree / "migrations" / "versions").glob("*.py"))


def _checked(tree: Path, name: str) -> Version:
    if not (tree / "app" / "server.py").exists():
        raise VersionUnusable(f"{name} has no app/server.py: it is no version of the server")
    own = tree / ".venv" / "bin" / "python"
    return Version(tree, str(own) if own.exists() else sys.executable)


def _run(version: Version, code: str, argument: str, failing: str) -> None:
    try:
        subprocess.run(
            [version.python, "-c", code, argument],
            cwd=version.tree,
            check=True,
            capture_output=True,
            text=True,
        )
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip() or "it says nothing").splitlines()[-1]
        raise VersionUnusable(f"the version in {version.tree} {failing}: {last}") from None


def _archive(revision: str) -> bytes:
    try:
        return subprocess.run(
            ["git", "-C", ROOT, "archive", "--format=tar", "--end-of-options", revision],
            check=True,
            capture_output=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        raise VersionUnusable(f"{revision} is neither a folder nor a revision") from None
