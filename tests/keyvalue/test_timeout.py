"""Waiting no longer than so many seconds, of which those that we were busy do not count."""

import asyncio
from time import perf_counter

import pytest

from keyvalue import LoopAwareTimeout

SECONDS = 0.02


async def test_who_is_quick_is_neither_interrupted_nor_slow() -> None:
    async with LoopAwareTimeout(10, slow_seconds=5) as patience:
        await asyncio.sleep(0)
    assert not patience.is_slow


async def test_what_is_slow_is_logged_and_what_is_too_slow_is_interrupted() -> None:
    async with LoopAwareTimeout(10, slow_seconds=0.001) as patience:
        while not patience.is_slow:
            await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        async with LoopAwareTimeout(SECONDS):
            await asyncio.Event().wait()


async def test_an_answer_that_came_while_we_were_busy_is_taken() -> None:
    def later(turns: int, answer: "asyncio.Future[None]") -> None:
        loop = asyncio.get_running_loop()
        if turns:
            busy(SECONDS)
            loop.call_soon(later, turns - 1, answer)
        else:
            loop.call_soon(answer.set_result, None)

    loop = asyncio.get_running_loop()
    for turns in range(4):
        answer = loop.create_future()
        async with LoopAwareTimeout(SECONDS):
            busy(10 * SECONDS)
            # It takes some turns of the event loop to be read, in which we are busy as well.
            later(turns, answer)
            await answer


async def test_an_event_loop_that_is_always_busy_does_not_wait_for_ever() -> None:
    loop = asyncio.get_running_loop()

    def keep_busy() -> None:
        busy(SECONDS / 4)
        loop.call_soon(keep_busy)

    keep_busy()
    started = perf_counter()
    with pytest.raises(TimeoutError):
        async with LoopAwareTimeout(SECONDS):
            await asyncio.Event().wait()
    assert perf_counter() - started < 100 * SECONDS


def busy(seconds: float) -> None:
    ends = perf_counter() + seconds
    while perf_counter() < ends:
        pass
