"""Pauses before refusals: how long, and for how many at once."""

import asyncio

from services.throttling.pauses import Pauses


def test_only_so_many_are_held_back_at_once() -> None:
    async def scenario() -> None:
        pauses = Pauses(seconds=60, most=2)
        held = [asyncio.create_task(pauses.hold_back()) for _ in range(2)]
        await asyncio.sleep(0)
        await asyncio.wait_for(pauses.hold_back(), 5)
        assert not any(task.done() for task in held)
        held[0].cancel()
        await asyncio.wait([held[0]])
        following = asyncio.create_task(pauses.hold_back())
        await asyncio.sleep(0)
        assert not following.done()
        for task in (held[1], following):
            task.cancel()

    asyncio.run(scenario())


def test_a_pause_ends() -> None:
    async def scenario() -> float:
        loop = asyncio.get_running_loop()
        started = loop.time()
        await Pauses(seconds=0.02).hold_back()
        return loop.time() - started

    assert asyncio.run(scenario()) >= 0.02
