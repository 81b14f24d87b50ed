"""RefusalDelay before refusals: how long, and for how many at once."""

import asyncio

from services.throttling.refusal_delay import RefusalDelay


async def test_only_so_many_are_held_back_at_once() -> None:
    pauses = RefusalDelay(seconds=60, most=2)
    held = [asyncio.create_task(pauses.wait()) for _ in range(2)]
    await asyncio.sleep(0)
    await asyncio.wait_for(pauses.wait(), 5)
    assert not any(task.done() for task in held)
    held[0].cancel()
    await asyncio.wait([held[0]])
    following = asyncio.create_task(pauses.wait())
    await asyncio.sleep(0)
    assert not following.done()
    for task in (held[1], following):
        task.cancel()


async def test_a_pause_ends() -> None:
    loop = asyncio.get_running_loop()
    started = loop.time()
    await RefusalDelay(seconds=0.02).wait()
    assert (loop.time() - started) >= 0.02
