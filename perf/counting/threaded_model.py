"""The stand-in for the model in a separate thread, so that its work is not counted.

Replies arrive in one piece; otherwise the number of reads would depend on timing.
"""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.protocol.complete_messages import CYCLE, send_complete_response
from app.http.protocol.http import HttpProtocol
from perf.gate.execution.pausable_model import PausableModel, pausable_model


class ThreadedModel:
    """A `PausableModel` in another thread."""

    def __init__(self, model: PausableModel, loop: asyncio.AbstractEventLoop) -> None:
        self.url = model.url
        self._model = model
        self._loop = loop

    def pause(self) -> None:
        """Start no reply from now on."""
        self._loop.call_soon_threadsafe(self._model.pause)

    def resume(self) -> None:
        """Start the replies that were requested."""
        self._loop.call_soon_threadsafe(self._model.resume)


@contextmanager
def threaded_model() -> Iterator[ThreadedModel]:
    """Serve the stand-in until the block ends."""
    begun: Future[ThreadedModel] = Future()
    stopping = asyncio.Event()

    async def serve() -> None:
        async with pausable_model(_unstreamed, http=HttpProtocol) as model:
            begun.set_result(ThreadedModel(model, asyncio.get_running_loop()))
            await stopping.wait()

    thread = threading.Thread(target=asyncio.run, args=[serve()])
    thread.start()
    model = begun.result()
    try:
        yield model
    finally:
        model._loop.call_soon_threadsafe(stopping.set)  # noqa: SLF001 - its own
        thread.join()


def _unstreamed(app: ASGIApp) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        sent: list[Message] = []

        async def keep(message: Message) -> None:
            sent.append(message)
            if not message.get("more_body", message["type"] == "http.response.start"):
                head, body = sent[0], b"".join(one.get("body", b"") for one in sent)
                length = (b"content-length", b"%d" % len(body))
                fields = [length, *head["headers"]]
                if not send_complete_response(
                    scope["state"].get(CYCLE), head["status"], fields, body
                ):
                    await send({**head, "headers": fields})
                    await send({"type": "http.response.body", "body": body})

        await app(scope, receive, keep)

    return answer
