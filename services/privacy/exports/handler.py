"""Running an export: its archive is written from one snapshot of the database."""

import asyncio
from datetime import timedelta

from db.database import Database, Transaction
from db.queries.privacy import export_archives, request_processing
from db.states import PrivacyRequestKind
from services.clock import Clock
from services.mutations import audit
from services.privacy.exports.archive import new_archive
from services.privacy.exports.contents import write_contents
from services.privacy.exports.files import ExportFiles
from services.privacy.links import Links, token_hash
from services.privacy.records import ExportArchive
from services.privacy.runner import LeaseLost, RequestAttempt

_ORPHANED_AFTER_SECONDS = 3_600.0


class ExportHandler:
    """The `RequestHandler` of exports; an archive can be downloaded for `retention`."""

    kind = PrivacyRequestKind.EXPORT

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

    async def begin(self, transaction: Transaction, attempt: RequestAttempt) -> None:
        """An export needs no preparation."""

    async def run(self, attempt: RequestAttempt) -> None:
        """Write the archive, then record it; the files of earlier attempts are removed first."""
        left = await asyncio.to_thread(self._files.of_request, attempt.request_id)
        await asyncio.to_thread(self._files.remove, left)
        archive = await self._write(attempt)
        try:
            await self._complete(attempt, archive)
        except LeaseLost:
            # Meanwhile the person may have been erased, together with their files.
            await asyncio.to_thread(self._files.remove, [archive.file_name])
            raise

    async def remove_expired(self) -> int:
        """Remove expired archives and orphaned files, and return how many."""
        old_files = await asyncio.to_thread(self._files.older_than, _ORPHANED_AFTER_SECONDS)
        if not old_files:
            return 0
        async with self._database.read_primary() as connection:
            needed = await export_archives.available_among(connection, old_files, self._clock())
        removed = [name for name in old_files if name not in needed]
        await asyncio.to_thread(self._files.remove, removed)
        return len(removed)

    async def _write(self, attempt: RequestAttempt) -> ExportArchive:
        now = self._clock()
        with self._files.new(attempt.request_id) as new_file:
            with new_archive(new_file.unfinished, now) as archive:
                async with self._database.snapshot() as snapshot:
                    await write_contents(archive, snapshot, attempt.user_id, now)
                byte_size, sha256 = archive.finish()
            await asyncio.to_thread(new_file.commit)
        return ExportArchive(new_file.name, byte_size, sha256)

    async def _complete(self, attempt: RequestAttempt, archive: ExportArchive) -> None:
        now = self._clock()
        async with self._database.begin() as transaction:
            if not await request_processing.complete(
                transaction, attempt.user_id, attempt.request_id, attempt.owner, now
            ):
                raise LeaseLost
            await export_archives.insert_archive(
                transaction,
                user_id=attempt.user_id,
                request_id=attempt.request_id,
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
                f"privacy_request:{attempt.request_id}",
                now=now,
                user_id=attempt.user_id,
            )
