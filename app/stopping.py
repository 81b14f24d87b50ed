"""That the server stops, as news to streams that would not end by themselves.

ASGI tells an application only after its last request has ended, and uvicorn waits for the end of
what is running. It asks each connection to finish first, though, and there we listen.
"""

STOPPING = "stopping"
"""The name, in the state that requests share, of the `asyncio.Event` that is set then."""
