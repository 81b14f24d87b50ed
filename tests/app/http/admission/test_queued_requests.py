"""Requests that wait in a server's queue, and when they are started."""

import threading
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import httpx2
from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.http.admission.controller import ADMISSION, AdmissionController, AdmissionLimits
from app.http.admission.queue import AdmissionQueue
from tests.fixtures.servers.server import listening
from tests.waiting import PATIENCE_SECONDS, until


def test_a_queued_request_is_started_as_soon_as_another_has_been_answered() -> None:
    running: set[Request] = set()
    may_end = threading.Event()
    # It would look again too late.
    queue = AdmissionQueue(
        lambda: not running, longest_wait_seconds=3_600, retry_seconds=2 * PATIENCE_SECONDS
    )
    limits = AdmissionLimits(target_seconds=0, interval_seconds=1, max_concurrent=0)

    async def answer(request: Request) -> PlainTextResponse:
        running.add(request)
        await run_sync(may_end.wait)
        running.remove(request)
        return PlainTextResponse("answered")

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[Mapping[str, object]]:
        yield {ADMISSION: AdmissionController(limits, queue)}

    app = Starlette(routes=[Route("/", answer)], lifespan=lifespan)
    with listening(app) as address, ThreadPoolExecutor() as threads:
        first = threads.submit(httpx2.get, address)
        until(lambda: len(running) == 1)
        second = threads.submit(httpx2.get, address)
        until(lambda: len(queue) == 1)
        may_end.set()
        for one in (first, second):
            assert one.result(PATIENCE_SECONDS).text == "answered"
