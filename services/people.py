"""The people who act."""

from collections.abc import Callable, Sequence
from time import monotonic

from db.database import Database, Transaction
from db.queries import users
from db.unavailable import DatabaseUnavailable

REMEMBERED_SECONDS = 2.0
_MOST_REMEMBERED = 10_000


class PersonUnknown(Exception):
    """The signed-in person is not, or no longer, known."""

    def __init__(self) -> None:
        super().__init__("The person of this token is not known.")


async def hold(transaction: Transaction, user_id: int) -> None:
    """Make sure that the person exists until the transaction ends; raises `PersonUnknown`."""
    if not await users.hold(transaction, user_id):
        raise PersonUnknown


async def lock(transaction: Transaction, user_id: int) -> None:
    """Keep out whoever else locks the person until the transaction ends; raises `PersonUnknown`."""
    if not await users.lock(transaction, user_id):
        raise PersonUnknown


class KnownPeople:
    """Who is known, and not being erased, asked of the database now and then.

    That somebody is there is believed for `remembered_seconds`, so that a busy person costs one
    statement in that time and process. Writes do not rely on it: they `hold` the person. An erasure
    waits for as long between signing a person out and touching the first row, so that nobody is
    shown what is left of an account. That somebody is not there is believed never.
    """

    def __init__(
        self,
        database: Database,
        *,
        remembered_seconds: float = REMEMBERED_SECONDS,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._database = database
        self._remembered_seconds = remembered_seconds
        self._seconds = seconds
        self._there_until: dict[int, float] = {}

    async def has(self, user_id: int) -> bool:
        """Whether the person of a token is there; true while the database cannot say.

        Without it nothing of the person can be read either.
        """
        now = self._seconds()
        if self._there_until.get(user_id, now) > now:
            return True
        try:
            async with self._database.read_primary() as connection:
                is_there = await users.is_there(connection, user_id)
        except DatabaseUnavailable:
            return True
        if is_there:
            self._remember(user_id, now)
        else:
            self._there_until.pop(user_id, None)
        return is_there

    async def forget(self, user_ids: Sequence[int]) -> None:
        """Ask the database the next time."""
        for user_id in user_ids:
            self._there_until.pop(user_id, None)

    def _remember(self, user_id: int, now: float) -> None:
        if len(self._there_until) >= _MOST_REMEMBERED:
            self._there_until.clear()
        self._there_until[user_id] = now + self._remembered_seconds
