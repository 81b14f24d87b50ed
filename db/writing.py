"""Connections for writes that are one statement, and so a transaction without being said to be."""

from types import TracebackType

from db.connection import Reading
from db.unavailable import DatabaseUnavailable, OutcomeUnknown, SessionLost
from db.work import current_work


class Writing(Reading):
    """`async with database.write()`: what one statement writes is committed when it is answered.

    Raises `OutcomeUnknown` where a statement was sent and not answered. After any other
    `DatabaseUnavailable` nothing was changed.
    """

    __slots__ = ("_had_changed",)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await super().__aexit__(kind, error, traceback)
        work = current_work()
        is_refused = isinstance(error, DatabaseUnavailable) and not isinstance(
            error, OutcomeUnknown
        )
        if is_refused and work is not None:
            work.has_changed = self._had_changed

    def _note_write(self) -> None:
        work = current_work()
        if work is not None:
            self._had_changed = work.has_changed
            work.has_changed = True

    def _failed(
        self, name: str, started: float, error: BaseException
    ) -> DatabaseUnavailable | None:
        lost = super()._failed(name, started, error)
        was_refused = isinstance(lost, SessionLost) and lost.was_refused
        if lost is None or was_refused or not self._session.is_closed():
            return lost
        return OutcomeUnknown(str(lost))
