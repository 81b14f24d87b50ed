"""Writing a ZIP archive as a stream; its contents are never in memory as a whole."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, TypeVar
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_CHUNK_BYTES = 256 * 1024
_LEVEL = 6
_READABLE_BY_OWNER = 0o600 << 16
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """One file of an archive; its size and hash are those before compression."""

    name: str
    byte_size: int
    sha256: str


class ArchiveWriter:
    """Adds files to an archive, one at a time."""

    def __init__(self, file: BinaryIO, now: datetime) -> None:
        self._output = _HashingFile(file)
        # Without `seek`, ZipFile writes sizes after the contents and never goes back.
        self._zip = ZipFile(self._output, "w", ZIP_DEFLATED, compresslevel=_LEVEL)  # type: ignore[call-overload]  # ZipFile does not close a file object passed to it
        self._now = now.timetuple()[:6]

    async def add(self, name: str, content: AsyncIterator[bytes]) -> ArchivedFile:
        """Add a file; it is compressed and written in a thread."""
        digest, size = sha256(), 0
        info = ZipInfo(name, self._now)
        info.compress_type, info.external_attr = ZIP_DEFLATED, _READABLE_BY_OWNER
        with self._zip.open(info, "w", force_zip64=True) as entry:
            async for chunk in _joined(content):
                digest.update(chunk)
                size += len(chunk)
                await _in_thread(lambda: entry.write(chunk))  # noqa: B023 - awaited before `chunk` changes
        return ArchivedFile(name, size, digest.hexdigest())

    def finish(self) -> tuple[int, bytes]:
        """Write the archive's directory, and return the archive's size in bytes and its SHA-256."""
        self._zip.close()
        return self._output.size, self._output.digest.digest()

    def abandon(self) -> None:
        """Stop without writing the directory."""
        self._zip.fp = None


@contextmanager
def new_archive(path: Path, now: datetime) -> Iterator[ArchiveWriter]:
    """Write an archive to a new file at `path`."""
    with path.open("xb") as file:
        archive = ArchiveWriter(file, now)
        try:
            yield archive
        except BaseException:
            archive.abandon()
            raise


class _HashingFile:
    """A file that counts and hashes what is written to it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = 0
        self.digest = sha256()

    def write(self, data: bytes) -> int:
        """Write, count and hash."""
        self.size += len(data)
        self.digest.update(data)
        return self._file.write(data)

    def flush(self) -> None:
        """Flush the file."""
        self._file.flush()


async def _joined(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The content in larger chunks, since each costs a switch of threads."""
    buffer, size = [], 0
    async for chunk in content:
        buffer.append(chunk)
        size += len(chunk)
        if size >= _CHUNK_BYTES:
            yield b"".join(buffer)
            buffer, size = [], 0
    yield b"".join(buffer)


async def _in_thread(work: Callable[[], T]) -> T:
    """Run `work` in a thread; a cancellation waits for its end, because the file is in use."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
