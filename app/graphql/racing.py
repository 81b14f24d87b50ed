"""Waiting for a client to go, or for work that is finished all the same."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from starlette.types import Receive

T = TypeVar("T")


async def until_gone(receive: Receive) -> None:
    """Wait until the client of an HTTP request has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def to_the_end(work: Coroutine[object, object, T]) -> T:
    """Finish `work` before passing on a cancellation; a second one ends it."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise
