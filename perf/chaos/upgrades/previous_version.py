"""The previous version's server, asked by its own code: it knows its documents and its data."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from perf.servers.host import ROOT
from perf.servers.process import ServerNotStarted
from perf.servers.seeded import Version

_SCRIPT = Path(__file__).with_name("serve_and_ask.py")
_LONGEST_LINE_BYTES = 2**20


class PreviousVersion:
    """A running server, and the process that asks it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[dict[str, str]]:
        """Ask all documents while the block runs, and once more after it.

        Yields what has failed, with the reason; it is complete when the block has ended.
        """
        failures: dict[str, str] = {}
        await self._tell()
        try:
            yield failures
        finally:
            failures |= json.loads(await self._tell())

    async def _tell(self) -> str:
        """Send a line; the line that answers it."""
        if self._process.stdin is None:
            raise TypeError("the process is started with pipes")
        self._process.stdin.write(b"\n")
        return await answer_of(self._process)


async def answer_of(process: asyncio.subprocess.Process) -> str:
    """The next line of a process; raises `ServerNotStarted` if it has ended."""
    if process.stdout is None:
        raise TypeError("the process is started with pipes")
    if line := await process.stdout.readline():
        return line.decode()
    raise ServerNotStarted("the previous version does not run, or asks no more")


@asynccontextmanager
async def previous_version(
    version: Version, database_url: str, model_url: str, folder: Path
) -> AsyncIterator[PreviousVersion]:
    """Serve a database that holds the version's data; raises `ServerNotStarted`."""
    process = await asyncio.create_subprocess_exec(
        *(version.python, "-c", _SCRIPT.read_text(), database_url, model_url, str(folder)),
        cwd=version.tree or ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE_BYTES,
    )
    try:
        await answer_of(process)
        yield PreviousVersion(process)
    finally:
        await process.communicate(b"")
