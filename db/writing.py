"""Connections for writes that are one statement, and so a transaction without being said to be."""

from types import TracebackType

from db.connection import Observer, Reading
from db.pool import Pool
from db.statement import Statement
from db.unavailable import DatabaseUnavailable, OutcomeUnknown, SessionLost
from db.work import current_work


class Writing(Reading):
    """`async with database.write()`: what one statement writes is committed when it is answered.

    It has to be harmless to do it twice, as when it is done once for its key: a statement whose
    session is lost is asked once more on another, whatever became of it. Leaving raises
    `OutcomeUnknown` where that is not known in the end; after any other `DatabaseUnavailable`
    nothing was changed.
    """

    __slots__ = ("_had_changed", "_is_unknown")

    def __init__(
        self, pool: Pool, observe: Observer | None, patience_seconds: float, answer_seconds: float
    ) -> None:
        super().__init__(pool, observe, patience_seconds, answer_seconds)
        self._had_changed = True
        self._is_unknown = False

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await super().__aexit__(kind, error, traceback)
        if not isinstance(error, DatabaseUnavailable):
            return
        if self._is_unknown:
            raise OutcomeUnknown(str(error)) from error.__cause__
        work = current_work()
        if work is not None:
            work.has_changed = self._had_changed

    def _may_repeat(self, _statement: Statement, lost: DatabaseUnavailable) -> bool:
        return isinstance(lost, SessionLost)

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
        if lost is not None and not was_refused and self._session.is_closed():
            self._is_unknown = True
        return lost
