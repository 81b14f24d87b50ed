"""Parts of one connection that live and end together."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from starlette.types import Receive

T = TypeVar("T")


async def until_first(*parts: Coroutine[object, object, None]) -> None:
    """Run all until one returns or raises; the others are cancelled, and have ended before this.

    What the first one raised is raised here.
    """
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


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
