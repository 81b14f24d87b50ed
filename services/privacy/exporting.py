"""Making the archive of an export, from one snapshot of the database."""

import asyncio
from datetime import timedelta

from db.database import Database, Transaction
from db.queries import export_archives, request_processing
from services import audit
from services.clock import Clock
from services.privacy.archive import new_archive
from services.privacy.carrying import LeaseLost, Task
from services.privacy.contents import write_contents
from services.privacy.files import ExportFiles
from services.privacy.links import Links, token_hash
from services.privacy.records import Archive, RequestKind

_UNTOUCHED_SECONDS = 3_600.0


class Exporting:
    """What an export needs; its archive can be fetched for `retention`."""

    kind = RequestKind.EXPORT

    def __init__(
        self,
        database: Database,
        files: ExportFiles,
        links: Links,
        *,
        retention: timedelta,
        clock: Clock,
    ) -> None:
        self._database = database
        self._files = files
        self._links = links
        self._retention = retention
        self._clock = clock

    async def begin(self, transaction: Transaction, task: Task) -> None:
        """Nothing belongs to taking an export."""

    async def carry_out(self, task: Task) -> None:
        """Write the archive, then record it; what an attempt before left behind is removed."""
        left = await asyncio.to_thread(self._files.of_request, task.request_id)
        await asyncio.to_thread(self._files.remove, left)
        archive = await self._write(task)
        try:
            await self._complete(task, archive)
        except LeaseLost:
            # The person may have been erased since, and their files with them.
            await asyncio.to_thread(self._files.remove, [archive.file_name])
            raise

    async def remove_expired(self) -> int:
        """Remove the files that cannot be fetched, and what was left behind; give how many."""
        there = await asyncio.to_thread(self._files.older_than, _UNTOUCHED_SECONDS)
        if not there:
            return 0
        async with self._database.read_primary() as connection:
            needed = await export_archives.available_among(connection, there, self._clock())
        removed = [name for name in there if name not in needed]
        await asyncio.to_thread(self._files.remove, removed)
        return len(removed)

    async def _write(self, task: Task) -> Archive:
        now = self._clock()
        with self._files.new(task.request_id) as new:
            with new_archive(new.unfinished, now) as archive:
                async with self._database.snapshot() as snapshot:
                    await write_contents(archive, snapshot, task.user_id, now)
                byte_size, sha256 = archive.finish()
            await asyncio.to_thread(new.keep)
        return Archive(new.name, byte_size, sha256)

    async def _complete(self, task: Task, archive: Archive) -> None:
        now = self._clock()
        async with self._database.begin() as transaction:
            if not await request_processing.complete(transaction, task.request_id, task.owner, now):
                raise LeaseLost
            await export_archives.insert_archive(
                transaction,
                request_id=task.request_id,
                file_name=archive.file_name,
                token_hash=token_hash(self._links.export_token(archive.file_name)),
                byte_size=archive.byte_size,
                sha256=archive.sha256,
                expires_at=now + self._retention,
            )
            await audit.record(
                transaction,
                audit.SYSTEM,
                "privacy.exported",
                f"privacy_request:{task.request_id}",
                now=now,
                user_id=task.user_id,
            )
