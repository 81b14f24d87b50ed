"""That the server stops, as news to streams that would not end by themselves.

ASGI tells an application only after its last request has ended, and uvicorn waits for the end of
what is running. It asks each connection to finish first, though, and there we listen.
"""

from collections.abc import Callable

SHUTDOWN = "stopping"
"""The name of the server's `Stopping` in the state that its requests share."""


class ShutdownEvent:
    """Calls those that listen when the server begins to stop, each once."""

    def __init__(self) -> None:
        # As an ordered set.
        self._listeners: dict[Callable[[], None], None] = {}
        self._has_begun = False

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` when the server stops; at once where it does already."""
        if self._has_begun:
            listener()
        else:
            self._listeners[listener] = None

    def ignore(self, listener: Callable[[], None]) -> None:
        """Call it no more; one that is not known is fine."""
        self._listeners.pop(listener, None)

    def set(self) -> None:
        """Say that the server stops; it may be said again."""
        self._has_begun = True
        listeners, self._listeners = self._listeners, {}
        for listener in listeners:
            listener()
