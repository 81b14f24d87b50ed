"""When API keys were last used, written in the background and at most once a minute per key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from db.database import Database
from db.queries.enterprise import credentials
from services.background.write_behind import WriteBehindBuffer

_MINUTE = timedelta(minutes=1)
_MOST_KEYS = 100_000


@dataclass(frozen=True, slots=True)
class LastUse:
    """The time of the last use of a key."""

    at: datetime

    def merged(self, later: Self) -> Self:
        """The later one."""
        return later


class LastUseRecorder:
    """Records when keys are used.

    The statement writes a key once a minute, even if several processes record its use.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.buffer: WriteBehindBuffer[tuple[int, int], LastUse] = WriteBehindBuffer(
            "last uses of keys", self._write, capacity=_MOST_KEYS
        )

    def record(
        self, account_id: int, credential_id: int, stored: datetime | None, now: datetime
    ) -> None:
        """Record a use at `now`, unless the `stored` one is less than a minute old."""
        if stored is None or now - stored >= _MINUTE:
            self.buffer.add((account_id, credential_id), LastUse(now))

    async def _write(self, last_uses: Mapping[tuple[int, int], LastUse]) -> None:
        account_ids, ids = zip(*last_uses, strict=True)
        async with self._database.read_primary() as connection:
            await credentials.note_uses(
                connection, account_ids, ids, tuple(use.at for use in last_uses.values())
            )
