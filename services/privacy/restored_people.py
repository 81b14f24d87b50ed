"""People whom a restored backup has brought back although they were erased after it was made."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from db.database import Database
from db.queries.privacy import restored_people
from services.clock import Clock
from services.mutations import audit
from services.privacy.erasure_ledger import ErasedPerson, ErasureLedger


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """What comparing the database with the ledger has found.

    `returned` are the ids of people who were erased and are there again.
    """

    entries: int
    unreadable: int
    returned: Sequence[int]


class RestoredPeople:
    """Compares a database with the ledger of erasures, and requests erasures again."""

    def __init__(self, database: Database, ledger: ErasureLedger, *, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._incarnation: str | None = None
        self._checked_until = 0

    async def problem(self) -> str | None:
        """Why nobody may be served: someone is back, or that cannot be told; None if all is well.

        What has been checked is checked again only in another database: after a restart, or when
        the table of people was made anew.
        """
        async with self._database.read_primary() as connection:
            incarnation = await restored_people.incarnation(connection)
        begin = self._checked_until if incarnation == self._incarnation else 0
        try:
            entries = await asyncio.to_thread(self._ledger.entries, begin)
        except OSError as error:
            if begin:
                return None
            return f"the ledger of erasures cannot be read: {error.strerror}"
        if returned := await self._returned(entries.people):
            return f"{len(returned)} erased people are back: run `guidance db restore-check`"
        self._incarnation, self._checked_until = incarnation, entries.end
        return None

    async def check(self) -> LedgerCheck:
        """Compare the whole ledger; raises `OSError`."""
        entries = await asyncio.to_thread(self._ledger.entries)
        returned = await self._returned(entries.people)
        return LedgerCheck(len(entries.people), entries.unreadable, returned)

    async def request_erasures(self, user_ids: Sequence[int]) -> None:
        """Request that the people be erased at once, by the next run of the erasures."""
        now = self._clock()
        async with self._database.begin() as transaction:
            for request_id in await restored_people.request_erasures(transaction, user_ids, now):
                await audit.record(
                    transaction,
                    audit.OPERATOR,
                    "privacy.erased_again",
                    f"privacy_request:{request_id}",
                    now=now,
                )

    async def reserve_ids(self) -> None:
        """Let nobody who comes later get the id of somebody in the ledger; raises `OSError`."""
        entries = await asyncio.to_thread(self._ledger.entries)
        newest = max((person.user_id for person in entries.people), default=0)
        async with self._database.begin() as transaction:
            await restored_people.reserve_ids(transaction, newest)

    async def _returned(self, people: Sequence[ErasedPerson]) -> list[int]:
        if not people:
            return []
        async with self._database.read_primary() as connection:
            return await restored_people.returned(
                connection,
                [person.user_id for person in people],
                [person.erased_at for person in people],
            )
