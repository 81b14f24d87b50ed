"""Finding the archive that a download link is about; the link is checked at every use."""

from pathlib import Path

from db.database import Database
from db.queries.privacy import export_archives
from services.clock import Clock
from services.privacy.exports.files import ExportFiles
from services.privacy.links import token_hash


class LinkExpired(Exception):
    """The link has expired or was revoked."""


class Downloads:
    """The archives of exports, by the tokens of their links."""

    def __init__(self, database: Database, files: ExportFiles, *, clock: Clock) -> None:
        self._database = database
        self._files = files
        self._clock = clock

    async def path(self, token: str) -> Path | None:
        """Where the archive is, if it was not lost; None for an unknown token.

        Raises `LinkExpired`.
        """
        async with self._database.read_primary() as connection:
            archive = await export_archives.by_token(connection, token_hash(token))
        if archive is None:
            return None
        if archive["revoked_at"] is not None or archive["expires_at"] <= self._clock():
            raise LinkExpired
        return self._files.path(archive["file_name"])
