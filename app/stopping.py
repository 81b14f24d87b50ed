"""That the server stops, as news to streams that would not end by themselves.

ASGI tells an application only after its last request has ended, and uvicorn waits for the end of
what is running. It asks each connection to finish first, though, and there we listen.
"""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

STOPPING = "stopping"
"""The name, in the state that requests share, of the `asyncio.Event` that is set then."""


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which sets the event when the server is asked to stop."""

    def shutdown(self) -> None:
        """Finish what is running on this connection."""
        self.app_state[STOPPING].set()
        super().shutdown()
