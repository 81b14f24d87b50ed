"""Signed-in people: whether they still exist, and locking them in a transaction."""

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic

from db.connections.errors import DatabaseUnavailable
from db.database import Database, Transaction
from db.queries import users
from db.row import Row

REMEMBERED_SECONDS = 2.0
_MOST_REMEMBERED = 100_000
_LOOKUP_TIMEOUT_SECONDS = 2.0
"""How long the database may take to say whether a person exists: a request has more to do."""


class PersonUnknown(Exception):
    """The signed-in person does not exist, or no longer exists."""

    def __init__(self) -> None:
        super().__init__("The person of this token is not known.")


def require_person(row: Row | None) -> Row:
    """The row of a statement that locks the person; raises `PersonUnknown` if there is none."""
    if row is None:
        raise PersonUnknown
    return row


async def lock(transaction: Transaction, user_id: int) -> None:
    """Lock the person until the transaction ends; raises `PersonUnknown`."""
    if not await users.lock(transaction, user_id):
        raise PersonUnknown


class KnownPeople:
    """A cache of the people who exist and are not being erased.

    A cached person is trusted only while this process learns of every erasure. It asks for the
    erasures that have begun twice in `remembered_seconds`, with one statement for all people, and
    drops the whole cache if it could not ask for that long. An erasure waits that long between
    signing a person out and deleting the first row, so nobody sees a half-erased account. Writes do
    not rely on the cache: they lock the person (`idempotent_write`). That a person does not exist
    is never cached.
    """

    def __init__(
        self,
        database: Database,
        *,
        remembered_seconds: float = REMEMBERED_SECONDS,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._database = database.within(_LOOKUP_TIMEOUT_SECONDS)
        self._remembered_seconds = remembered_seconds
        self._seconds = seconds
        self._existing: set[int] = set()
        self._checked_at = -remembered_seconds
        self._check: asyncio.Task[bool] | None = None

    def is_known(self, user_id: int) -> bool:
        """Whether the cache says that the person exists, without asking the database."""
        seconds = self._seconds() - self._checked_at
        return seconds < self._remembered_seconds / 2 and user_id in self._existing

    async def has(self, user_id: int) -> bool:
        """Whether the person of a token exists; true while the database cannot be asked.

        Nothing of the person can be read then either.
        """
        if self._is_check_due() and not await self._checked():
            return True
        return user_id in self._existing or await self._ask(user_id)

    async def forget(self, user_ids: Sequence[int]) -> None:
        """Remove people from the cache, so that the database is asked about them next time."""
        self._existing.difference_update(user_ids)

    def _is_check_due(self) -> bool:
        return self._seconds() - self._checked_at >= self._remembered_seconds / 2

    async def _checked(self) -> bool:
        """Check for erasures, sharing one check among callers; false if the database is away."""
        if self._check is None or self._check.done():
            self._check = asyncio.create_task(self._drop_erased())
        return await asyncio.shield(self._check)

    async def _drop_erased(self) -> bool:
        """Drop people who are being erased, or everybody if an erasure may have been missed."""
        began = self._seconds()
        try:
            async with self._database.read_primary() as connection:
                self._existing.difference_update(await users.under_erasure(connection))
        except DatabaseUnavailable:
            self._existing.clear()
            return False
        if began - self._checked_at >= self._remembered_seconds:
            self._existing.clear()
        self._checked_at = began
        return True

    async def _ask(self, user_id: int) -> bool:
        try:
            async with self._database.read_primary() as connection:
                exists = await users.is_there(connection, user_id)
        except DatabaseUnavailable:
            return True
        if exists:
            if len(self._existing) >= _MOST_REMEMBERED:
                self._existing.clear()
            self._existing.add(user_id)
        return exists
