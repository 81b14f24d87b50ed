"""A bare relay between client and model: it passes the stream on and does nothing else."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from perf.llm_standin.application import CHAT_PATH

_URL = os.environ["CHAT_LLM_BASE_URL"].removesuffix("/v1") + CHAT_PATH
_MODEL = httpx2.AsyncClient(timeout=None)
_JSON = {"content-type": "application/json"}


async def _relay(request: Request) -> StreamingResponse:
    body = await request.body()

    async def pieces() -> AsyncIterator[bytes]:
        async with _MODEL.stream("POST", _URL, content=body, headers=_JSON) as answer:
            async for piece in answer.aiter_raw():
                yield piece

    return StreamingResponse(pieces(), media_type="text/event-stream")


@asynccontextmanager
async def _lifespan(_app: Starlette) -> AsyncIterator[None]:
    async with _MODEL:
        yield


app = Starlette(routes=[Route(CHAT_PATH, _relay, methods=["POST"])], lifespan=_lifespan)
