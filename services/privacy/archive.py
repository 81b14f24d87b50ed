"""A ZIP archive written as its contents come, which are never held as a whole."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, TypeVar
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_PIECE_BYTES = 256 * 1024
_LEVEL = 6
_READABLE_BY_OWNER = 0o600 << 16
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an archive, as it is before compression."""

    name: str
    byte_size: int
    sha256: str


class ArchiveWriter:
    """Adds files to an archive, one after the other."""

    def __init__(self, file: BinaryIO, now: datetime) -> None:
        self._measured = _Measured(file)
        # Without `seek`, sizes follow the contents, and nothing that was written is changed.
        self._zip = ZipFile(self._measured, "w", ZIP_DEFLATED, compresslevel=_LEVEL)  # type: ignore[call-overload]  # it closes no file that it was given
        self._now = now.timetuple()[:6]

    async def add(self, name: str, content: AsyncIterator[bytes]) -> Entry:
        """Add a file; compressing and writing it keep nobody else waiting."""
        digest, size = sha256(), 0
        about = ZipInfo(name, self._now)
        about.compress_type, about.external_attr = ZIP_DEFLATED, _READABLE_BY_OWNER
        with self._zip.open(about, "w", force_zip64=True) as entry:
            async for piece in _joined(content):
                digest.update(piece)
                size += len(piece)
                await _in_thread(lambda: entry.write(piece))  # noqa: B023 - it is awaited here
        return Entry(name, size, digest.hexdigest())

    def finish(self) -> tuple[int, bytes]:
        """Write the archive's directory, and give the archive's size in bytes and SHA-256."""
        self._zip.close()
        return self._measured.size, self._measured.digest.digest()

    def abandon(self) -> None:
        """Write nothing more."""
        self._zip.fp = None


@contextmanager
def new_archive(path: Path, now: datetime) -> Iterator[ArchiveWriter]:
    """Write an archive to `path`."""
    with path.open("xb") as file:
        archive = ArchiveWriter(file, now)
        try:
            yield archive
        except BaseException:
            archive.abandon()
            raise


class _Measured:
    """A file that knows how much was written to it, and its hash."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = 0
        self.digest = sha256()

    def write(self, data: bytes) -> int:
        """Write, and take note."""
        self.size += len(data)
        self.digest.update(data)
        return self._file.write(data)

    def flush(self) -> None:
        """Pass it on."""
        self._file.flush()


async def _joined(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The content in larger pieces: each costs a change of threads."""
    waiting, size = [], 0
    async for piece in content:
        waiting.append(piece)
        size += len(piece)
        if size >= _PIECE_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


async def _in_thread(work: Callable[[], T]) -> T:
    """Do it in a thread, to its end also when it is not wanted any more: the file is in use."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
