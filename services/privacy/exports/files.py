"""The folder of archives, shared by the processes that write, serve and remove them."""

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import time

_SUFFIX, _UNFINISHED_SUFFIX = ".zip", ".unfinished"
_OWNER_ONLY = 0o700


class ExportFiles:
    """Archives by name; every method blocks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, name: str) -> Path:
        """The path of an archive, whether it exists or not."""
        return self._folder / name

    @contextmanager
    def new(self, request_id: int) -> Iterator["NewFile"]:
        """Create a file for the block; it is deleted at the end unless it was committed."""
        self._folder.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
        new = NewFile(self._folder, f"{request_id}-{secrets.token_hex(16)}{_SUFFIX}")
        try:
            yield new
        finally:
            new.unfinished.unlink(missing_ok=True)

    def remove(self, names: Iterable[str]) -> None:
        """Remove archives; missing ones are ignored."""
        for name in names:
            self.path(name).unlink(missing_ok=True)

    def of_request(self, request_id: int) -> list[str]:
        """The files that attempts at a request left behind."""
        return [path.name for path in self._folder.glob(f"{request_id}-*")]

    def older_than(self, seconds: float) -> list[str]:
        """The files not written to for this long."""
        since = time() - seconds
        return [path.name for path in self._folder.glob("*-*") if _changed_at(path) < since]


class NewFile:
    """An archive that is being written; it has a temporary name until `commit` is called."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.unfinished = folder / (name + _UNFINISHED_SUFFIX)
        self._folder = folder

    def commit(self) -> None:
        """Rename the file to its final name; it is durable when this returns."""
        _fsync(self.unfinished, os.O_RDWR)
        self.unfinished.replace(self._folder / self.name)
        _fsync(self._folder, os.O_RDONLY)


def _fsync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process has just removed it
        return time()
