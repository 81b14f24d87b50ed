"""The stand-in for the model, paused: no reply starts before somebody waits for it.

Otherwise the number of reads of a reply would depend on timing.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Literal

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from perf.llm_standin.application import make_app
from perf.llm_standin.behaviour import Behaviour
from perf.llm_standin.stand_in import StandIn

_BEHAVIOUR = Behaviour(tokens=40, tokens_per_second=0, first_token_seconds=0)


class PausableModel:
    """Served at `url`; writes replies while it is not paused."""

    def __init__(self, url: str, is_resumed: asyncio.Event) -> None:
        self.url = url
        self._is_resumed = is_resumed

    def pause(self) -> None:
        """Start no reply from now on."""
        self._is_resumed.clear()

    def resume(self) -> None:
        """Start the replies that were requested."""
        self._is_resumed.set()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the surrounding program."""
        yield


@asynccontextmanager
async def pausable_model(
    around: Callable[[ASGIApp], ASGIApp] = lambda app: app,
    *,
    http: type[asyncio.Protocol] | Literal["auto"] = "auto",
) -> AsyncIterator[PausableModel]:
    """Serve the stand-in on a free local port until the block ends.

    It keeps no history of calls: where memory is measured in this process, that would count as the
    server's (docs/decisions/0029).
    """
    is_resumed = asyncio.Event()
    app = _paused(around(make_app(StandIn(_BEHAVIOUR, calls_kept=0))), is_resumed)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server = _Server(
            uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", http=http)
        )
        serving = asyncio.create_task(server.serve([listening]))
        try:
            yield PausableModel(f"http://127.0.0.1:{listening.getsockname()[1]}/v1", is_resumed)
        finally:
            is_resumed.set()
            server.should_exit = True
            await serving


def _paused(app: ASGIApp, is_resumed: asyncio.Event) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await is_resumed.wait()
        await app(scope, receive, send)

    return answer
