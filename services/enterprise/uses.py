"""When keys were last used, written behind the requests' backs and at most once a minute."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from db.database import Database
from db.queries import credentials
from services.notes import Notes

_MINUTE = timedelta(minutes=1)
_MOST_KEYS = 100_000


@dataclass(frozen=True, slots=True)
class LastUse:
    """When a key was last used."""

    at: datetime

    def merged(self, later: Self) -> Self:
        """The later of both."""
        return later


class LastUses:
    """Notes uses of keys.

    Of several processes that note the same key, the statement lets one write in a minute.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.noted: Notes[int, LastUse] = Notes("last uses of keys", self._write, most=_MOST_KEYS)

    def note(self, credential_id: int, written: datetime | None, now: datetime) -> None:
        """Note a use at `now`, unless what is `written` is less than a minute old."""
        if written is None or now - written >= _MINUTE:
            self.noted.note(credential_id, LastUse(now))

    async def _write(self, noted: Mapping[int, LastUse]) -> None:
        async with self._database.read_primary() as connection:
            await credentials.note_uses(
                connection, tuple(noted), tuple(use.at for use in noted.values())
            )
