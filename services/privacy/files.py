"""Where archives are kept: a folder that whoever makes, serves and removes them shares."""

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import time

_ENDING, _UNFINISHED = ".zip", ".unfinished"
_ONLY_OURS = 0o700


class ExportFiles:
    """Archives by name; every method blocks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, name: str) -> Path:
        """Where the archive is, when it is there."""
        return self._folder / name

    @contextmanager
    def new(self, request_id: int) -> Iterator["NewFile"]:
        """Make a file, which is on disk when it is kept, and is gone when it is not."""
        self._folder.mkdir(mode=_ONLY_OURS, parents=True, exist_ok=True)
        new = NewFile(self._folder, f"{request_id}-{secrets.token_hex(16)}{_ENDING}")
        try:
            yield new
        finally:
            new.unfinished.unlink(missing_ok=True)

    def remove(self, names: Iterable[str]) -> None:
        """Remove archives; those that are not there are as good."""
        for name in names:
            self.path(name).unlink(missing_ok=True)

    def of_request(self, request_id: int) -> list[str]:
        """What attempts at a request have left behind."""
        return [path.name for path in self._folder.glob(f"{request_id}-*")]

    def older_than(self, seconds: float) -> list[str]:
        """What nobody has written to for so long."""
        since = time() - seconds
        return [path.name for path in self._folder.glob("*-*") if _changed_at(path) < since]


class NewFile:
    """An archive that is being written, under another name until `keep` is called."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.unfinished = folder / (name + _UNFINISHED)
        self._folder = folder

    def keep(self) -> None:
        """Give the file its name; it is on disk when this returns."""
        _synchronise(self.unfinished, os.O_RDWR)
        self.unfinished.replace(self._folder / self.name)
        _synchronise(self._folder, os.O_RDONLY)


def _synchronise(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # somebody else has just removed it
        return time()
