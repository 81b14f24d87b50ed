"""When keys were last used, written behind the requests' backs and at most once a minute."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

import structlog

from db.database import Database
from db.queries import credentials
from db.unavailable import DatabaseUnavailable
from services.periodic import repeat

_MINUTE = timedelta(minutes=1)
_WRITE_SECONDS = 1.0
_log = structlog.get_logger("guidance.enterprise")


class LastUses:
    """Notes uses in memory and writes them together, about once a second; leaving writes the rest.

    Of several processes that note the same key, the statement lets one write in a minute.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._noted: dict[int, datetime] = {}

    async def __aenter__(self) -> Self:
        self._writing = asyncio.create_task(repeat(self.write, every_seconds=_WRITE_SECONDS))
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._writing.cancel()
        await asyncio.wait([self._writing])
        try:
            await self.write()
        except DatabaseUnavailable as error:
            _log.warning("last uses are lost", keys=len(self._noted), reason=str(error))

    def note(self, credential_id: int, written: datetime | None, now: datetime) -> None:
        """Note a use at `now`, unless what is `written` is less than a minute old."""
        if written is None or now - written >= _MINUTE:
            self._noted[credential_id] = now

    async def write(self) -> None:
        """Write what was noted; where that fails it stays noted."""
        noted = dict(self._noted)
        if not noted:
            return
        async with self._database.read_primary() as connection:
            await credentials.note_uses(connection, tuple(noted), tuple(noted.values()))
        self._forget(noted)

    def _forget(self, written: Mapping[int, datetime]) -> None:
        for credential_id, instant in written.items():
            if self._noted[credential_id] == instant:
                del self._noted[credential_id]
