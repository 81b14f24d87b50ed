"""Connections for writes of one statement, each of which is a transaction by itself."""

from types import TracebackType

from db.connections.connection import Observer, ReadConnection
from db.connections.errors import DatabaseUnavailable, OutcomeUnknown, SessionLost
from db.connections.pool import Pool
from db.request_scope import current_scope
from db.statement import Statement


class WriteConnection(ReadConnection):
    """`async with database.write()`: a statement's writes are committed when it is answered.

    The statement must be idempotent, as one is that is done once for its key: if its session is
    lost it is sent again on another one, whatever became of the first attempt. Leaving the block
    raises `OutcomeUnknown` if it remains unknown whether it took effect; after any other
    `DatabaseUnavailable` nothing was changed.
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
        scope = current_scope()
        if scope is not None:
            scope.has_changed = self._had_changed

    def _can_retry(self, _statement: Statement, lost: DatabaseUnavailable) -> bool:
        return isinstance(lost, SessionLost)

    def _mark_write(self) -> None:
        scope = current_scope()
        if scope is not None:
            self._had_changed = scope.has_changed
            scope.has_changed = True

    def _report_failure(
        self, name: str, started: float, error: BaseException
    ) -> DatabaseUnavailable | None:
        lost = super()._report_failure(name, started, error)
        was_refused = isinstance(lost, SessionLost) and lost.was_refused
        if lost is not None and not was_refused and self._session.is_closed():
            self._is_unknown = True
        return lost
