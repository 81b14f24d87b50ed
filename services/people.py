"""The people who act."""

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic

from asyncpg import Record

from db.database import Database, Transaction
from db.queries import users
from db.unavailable import DatabaseUnavailable

REMEMBERED_SECONDS = 2.0
_MOST_REMEMBERED = 100_000
_LOOK_SECONDS = 2.0
"""How long the database may take to say who is there: a request has more to wait for than that."""


class PersonUnknown(Exception):
    """The signed-in person is not, or no longer, known."""

    def __init__(self) -> None:
        super().__init__("The person of this token is not known.")


def known(row: Record | None) -> Record:
    """What a statement gave that holds the person; raises `PersonUnknown` where it gave nothing."""
    if row is None:
        raise PersonUnknown
    return row


async def lock(transaction: Transaction, user_id: int) -> None:
    """Keep out whoever else locks the person until the transaction ends; raises `PersonUnknown`."""
    if not await users.lock(transaction, user_id):
        raise PersonUnknown


class KnownPeople:
    """Who is known, and not being erased.

    That somebody is there is believed as long as this process hears of every erasure: it looks for
    those that have begun twice in `remembered_seconds`, one statement for all people, and believes
    nothing any more when it has not looked for so long. An erasure waits that time between signing
    a person out and touching the first row, so that nobody is shown what is left of an account.
    Writes do not rely on it: they hold the person (`db.queries.writes`). That somebody is not there
    is never believed.
    """

    def __init__(
        self,
        database: Database,
        *,
        remembered_seconds: float = REMEMBERED_SECONDS,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._database = database.within(_LOOK_SECONDS)
        self._remembered_seconds = remembered_seconds
        self._seconds = seconds
        self._there: set[int] = set()
        self._looked_at = -remembered_seconds
        self._look: asyncio.Task[bool] | None = None

    def is_known(self, user_id: int) -> bool:
        """Whether the person is there, as far as that can be said without asking."""
        seconds = self._seconds() - self._looked_at
        return seconds < self._remembered_seconds / 2 and user_id in self._there

    async def has(self, user_id: int) -> bool:
        """Whether the person of a token is there; true while the database cannot say.

        Without it nothing of the person can be read either.
        """
        if self._is_due() and not await self._looked():
            return True
        return user_id in self._there or await self._ask(user_id)

    async def forget(self, user_ids: Sequence[int]) -> None:
        """Ask the database the next time."""
        self._there.difference_update(user_ids)

    def _is_due(self) -> bool:
        return self._seconds() - self._looked_at >= self._remembered_seconds / 2

    async def _looked(self) -> bool:
        """Look, with everybody who wants to meanwhile; false where the database cannot say."""
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._look_for_erasures())
        return await asyncio.shield(self._look)

    async def _look_for_erasures(self) -> bool:
        """Forget who is being erased; everybody, where an erasure may have been missed."""
        began = self._seconds()
        try:
            async with self._database.read_primary() as connection:
                self._there.difference_update(await users.under_erasure(connection))
        except DatabaseUnavailable:
            self._there.clear()
            return False
        if began - self._looked_at >= self._remembered_seconds:
            self._there.clear()
        self._looked_at = began
        return True

    async def _ask(self, user_id: int) -> bool:
        try:
            async with self._database.read_primary() as connection:
                is_there = await users.is_there(connection, user_id)
        except DatabaseUnavailable:
            return True
        if is_there:
            if len(self._there) >= _MOST_REMEMBERED:
                self._there.clear()
            self._there.add(user_id)
        return is_there
