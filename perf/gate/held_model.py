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

from perf.llm_standin.behaviour import Behaviour
from perf.llm_standin.server import make_app
from perf.llm_standin.stand_in import StandIn

_BEHAVIOUR = Behaviour(tokens=40, tokens_per_second=0, first_token_seconds=0)


class HeldModel:
    """Served at `url`; writes replies while it is not paused."""

    def __init__(self, url: str, may_write: asyncio.Event) -> None:
        self.url = url
        self._may_write = may_write

    def hold(self) -> None:
        """Start no reply from now on."""
        self._may_write.clear()

    def let_go(self) -> None:
        """Start the replies that were requested."""
        self._may_write.set()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the surrounding program."""
        yield


@asynccontextmanager
async def held_model(
    around: Callable[[ASGIApp], ASGIApp] = lambda app: app,
    *,
    http: type[asyncio.Protocol] | Literal["auto"] = "auto",
) -> AsyncIterator[HeldModel]:
    """Serve the stand-in on a free local port until the block ends.

    It keeps no history of calls: where memory is measured in this process, that would count as the
    server's (docs/decisions/0029).
    """
    may_write = asyncio.Event()
    app = _held_back(around(make_app(StandIn(_BEHAVIOUR, calls_kept=0))), may_write)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        server = _Server(
            uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", http=http)
        )
        serving = asyncio.create_task(server.serve([listening]))
        try:
            yield HeldModel(f"http://127.0.0.1:{listening.getsockname()[1]}/v1", may_write)
        finally:
            may_write.set()
            server.should_exit = True
            await serving


def _held_back(app: ASGIApp, may_write: asyncio.Event) -> ASGIApp:
    async def held(scope: Scope, receive: Receive, send: Send) -> None:
        await may_write.wait()
        await app(scope, receive, send)

    return held
