"""Keys: one at a time, in the order of asking, without turns that wait for each other."""

import asyncio

import pytest

from services.throttling.concurrency import ConcurrencyLimiter
from services.throttling.keyed_locks import KeyedLocks


async def used(
    locks: KeyedLocks, turns: ConcurrencyLimiter, key: str, order: list[int], number: int
) -> None:
    turn = await turns.acquire("one")
    try:
        async with locks.hold_or_release_slot(key):
            order.append(number)
            for _ in range(3):
                await asyncio.sleep(0)
            assert order[-1] == number
        # What is left of the operation has a turn again, or has kept it.
        await asyncio.sleep(0)
    finally:
        turn.release()


@pytest.mark.parametrize("most_suspended", [0, 1, 3, 100])
async def test_one_at_a_time_in_the_order_of_arrival(most_suspended: int) -> None:
    locks, turns, order = (
        KeyedLocks(),
        ConcurrencyLimiter(2, most_suspended=most_suspended),
        list[int](),
    )
    async with asyncio.timeout(20):
        await asyncio.gather(*(used(locks, turns, "key", order, n) for n in range(50)))
    assert order == list(range(50))
    assert len(turns) == 0


async def test_who_waits_for_a_key_holds_up_no_other_operation() -> None:
    locks, turns, order = KeyedLocks(), ConcurrencyLimiter(1), list[int]()
    async with locks.hold_or_release_slot("key"):
        waiting = asyncio.create_task(used(locks, turns, "key", order, 1))
        await used(locks, turns, "other", order, 2)
        assert not waiting.done()
    await waiting
    assert order == [2, 1]


async def test_who_goes_away_leaves_the_key_to_the_next() -> None:
    locks, turns, order = KeyedLocks(), ConcurrencyLimiter(2), list[int]()
    async with locks.hold_or_release_slot("key"):
        going, staying = (
            asyncio.create_task(used(locks, turns, "key", order, number)) for number in (1, 2)
        )
        for _ in range(9):
            await asyncio.sleep(0)
        going.cancel()
        await asyncio.wait([going])
    await staying
    assert (order, len(turns)) == ([2], 0)
