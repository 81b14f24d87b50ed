"""The clock of the services, which notes that what a request reads depends on the time."""

from datetime import datetime

from db.request_scope import current_scope
from services.clock import Clock


def watched(clock: Clock) -> Clock:
    """A clock that notes in the scope of a request that it was read."""

    def read() -> datetime:
        scope = current_scope()
        if scope is not None:
            scope.has_read_clock = True
        return clock()

    return read
