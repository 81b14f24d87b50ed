"""The event of the server's shutdown, for streams that would not end by themselves.

ASGI's lifespan ends only after the last request, and uvicorn waits for running requests. But first
uvicorn asks each connection to shut down, and our protocol sets the event there.
"""

from collections.abc import Callable

SHUTDOWN = "stopping"
"""Key of the server's `ShutdownEvent` in the state that its requests share."""


class ShutdownEvent:
    """Calls each listener once when the server begins to shut down, or to drain."""

    def __init__(self) -> None:
        # As an ordered set.
        self._listeners: dict[Callable[[], None], None] = {}
        self.has_begun = False

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` at shutdown; at once if it has begun."""
        if self.has_begun:
            listener()
        else:
            self._listeners[listener] = None

    def ignore(self, listener: Callable[[], None]) -> None:
        """Remove `listener`, if it is there."""
        self._listeners.pop(listener, None)

    def set(self) -> None:
        """Begin the shutdown; later calls do nothing."""
        self.has_begun = True
        listeners, self._listeners = self._listeners, {}
        for listener in listeners:
            listener()
