"""Slots: how many operations of one caller run at once, and who gets the next one."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from services.throttling.concurrency import (
    WAIT_TIMEOUT_SECONDS,
    ConcurrencyLimiter,
    NoFreeSlot,
    slot_released,
)

Scenario = Callable[[ConcurrencyLimiter], Awaitable[None]]


def play(
    scenario: Scenario,
    *,
    most_waiting: int = 9,
    wait_timeout_seconds: float = WAIT_TIMEOUT_SECONDS,
    most_suspended: int = 20,
) -> None:
    turns = ConcurrencyLimiter(
        2,
        most_waiting=most_waiting,
        wait_timeout_seconds=wait_timeout_seconds,
        most_suspended=most_suspended,
    )
    asyncio.run(_played(scenario, turns))


async def _played(scenario: Scenario, turns: ConcurrencyLimiter) -> None:
    await scenario(turns)
    assert (len(turns), turns.slots_in_use) == (0, 0)


def test_a_caller_has_so_many_at_once_and_others_do_not_wait_for_it() -> None:
    async def scenario(turns: ConcurrencyLimiter) -> None:
        taken = [await turns.acquire("one"), await turns.acquire("one")]
        third = asyncio.create_task(turns.acquire("one"))
        taken.append(await turns.acquire("other"))
        assert (third.done(), turns.slots_in_use) == (False, 3)
        taken[0].release()
        taken.append(await third)
        assert turns.slots_in_use == 3
        for turn in taken:
            turn.release()

    play(scenario)


def test_slots_are_passed_on_in_the_order_of_arrival() -> None:
    order: list[int] = []

    async def work(turns: ConcurrencyLimiter, number: int) -> None:
        turn = await turns.acquire("one")
        order.append(number)
        await asyncio.sleep(0)
        turn.release()

    async def scenario(turns: ConcurrencyLimiter) -> None:
        await asyncio.gather(*(work(turns, number) for number in range(8)))

    play(scenario)
    assert order == list(range(8))


def test_a_turn_ends_once() -> None:
    async def scenario(turns: ConcurrencyLimiter) -> None:
        first, second = await turns.acquire("one"), await turns.acquire("one")
        waiting = asyncio.create_task(turns.acquire("one"))
        first.release()
        first.release()
        third = await waiting
        late = asyncio.create_task(turns.acquire("one"))
        await asyncio.sleep(0)
        assert not late.done()
        second.release()
        third.release()
        (await late).release()

    play(scenario)


def test_one_too_many_does_not_wait() -> None:
    async def scenario(turns: ConcurrencyLimiter) -> None:
        taken = [await turns.acquire("one"), await turns.acquire("one")]
        waiting = asyncio.create_task(turns.acquire("one"))
        await asyncio.sleep(0)
        with pytest.raises(NoFreeSlot):
            await turns.acquire("one")
        taken.pop().release()
        taken.append(await waiting)
        for turn in taken:
            turn.release()

    play(scenario, most_waiting=1)


def test_who_has_waited_too_long_gives_up_and_the_others_move_up() -> None:
    async def scenario(turns: ConcurrencyLimiter) -> None:
        taken = [await turns.acquire("one"), await turns.acquire("one")]
        with pytest.raises(NoFreeSlot):
            await turns.acquire("one")
        waiting = asyncio.create_task(turns.acquire("one"))
        await asyncio.sleep(0)
        taken.pop().release()
        taken.append(await waiting)
        for turn in taken:
            turn.release()

    play(scenario, wait_timeout_seconds=0.02)


@pytest.mark.parametrize("is_granted", [False, True])
def test_who_goes_away_leaves_the_turn_to_the_next(*, is_granted: bool) -> None:
    """Also where the turn was passed on to it just before."""

    async def scenario(turns: ConcurrencyLimiter) -> None:
        taken = [await turns.acquire("one"), await turns.acquire("one")]
        going, staying = (asyncio.create_task(turns.acquire("one")) for _ in range(2))
        await asyncio.sleep(0)
        if is_granted:
            taken.pop().release()
        going.cancel()
        await asyncio.wait([going])
        assert going.cancelled()
        if not is_granted:
            taken.pop().release()
        taken.append(await staying)
        for turn in taken:
            turn.release()

    play(scenario)


async def all_have_run() -> None:
    """Let every task come to where it waits for something that does not happen by itself."""
    for _ in range(50):
        await asyncio.sleep(0)


async def waits(turns: ConcurrencyLimiter, answered: asyncio.Event) -> None:
    turn = await turns.acquire("one")
    try:
        async with slot_released():
            await answered.wait()
    finally:
        turn.release()


def test_what_waits_elsewhere_gives_its_turn_up_and_takes_one_again() -> None:
    async def scenario(turns: ConcurrencyLimiter) -> None:
        answered = asyncio.Event()
        waiting = [asyncio.create_task(waits(turns, answered)) for _ in range(20)]
        await all_have_run()
        taken = [await turns.acquire("one"), await turns.acquire("one")]
        newcomer = asyncio.create_task(turns.acquire("one"))
        await asyncio.sleep(0)
        answered.set()
        await all_have_run()
        assert not any(one.done() for one in waiting)
        for turn in taken:
            turn.release()
        # Who has had a turn before comes first.
        newly = await newcomer
        assert all(one.done() for one in waiting)
        newly.release()

    play(scenario, most_waiting=20)


def test_only_so_many_wait_without_a_turn() -> None:
    async def scenario(turns: ConcurrencyLimiter) -> None:
        answered = asyncio.Event()
        waiting = [asyncio.create_task(waits(turns, answered)) for _ in range(5)]
        await all_have_run()
        with pytest.raises(NoFreeSlot):
            await turns.acquire("one")
        answered.set()
        await asyncio.gather(*waiting)

    play(scenario, most_suspended=3, wait_timeout_seconds=0.02)


@pytest.mark.parametrize("is_granted", [False, True])
@pytest.mark.parametrize("is_returning", [False, True])
def test_who_is_cancelled_without_a_turn_leaves_none_behind(
    *, is_returning: bool, is_granted: bool
) -> None:
    async def scenario(turns: ConcurrencyLimiter) -> None:
        answered = asyncio.Event()
        going = asyncio.create_task(waits(turns, answered))
        await asyncio.sleep(0)
        taken = [await turns.acquire("one"), await turns.acquire("one")]
        if is_returning:
            answered.set()
            await asyncio.sleep(0)
        if is_granted:
            taken.pop().release()
        going.cancel()
        await asyncio.wait([going])
        assert going.cancelled()
        taken += [await turns.acquire("one") for _ in range(2 - len(taken))]
        for turn in taken:
            turn.release()

    play(scenario, wait_timeout_seconds=0.5)


def test_a_refusal_while_waiting_takes_the_turn_again() -> None:
    async def refused() -> None:
        async with slot_released():
            raise ZeroDivisionError

    async def scenario(turns: ConcurrencyLimiter) -> None:
        turn = await turns.acquire("one")
        with pytest.raises(ZeroDivisionError):
            await refused()
        other = turns.try_acquire("one")
        assert other is not None
        assert turns.try_acquire("one") is None
        turn.release()
        other.release()

    play(scenario)


def test_one_wait_within_another_gives_up_one_turn() -> None:
    async def scenario(turns: ConcurrencyLimiter) -> None:
        turn = await turns.acquire("one")
        async with slot_released(), slot_released():
            assert turns.slots_in_use == 0
            others = [turns.try_acquire("one") for _ in range(3)]
            assert others.pop() is None
            for other in others:
                assert other is not None
                other.release()
        turn.release()

    play(scenario)


async def test_without_a_bound_nobody_waits() -> None:
    async def scenario(turns: ConcurrencyLimiter) -> None:
        taken = [await turns.acquire("one") for _ in range(100)]
        for turn in taken:
            turn.release()

    await _played(scenario, ConcurrencyLimiter(0))


async def test_without_a_turn_there_is_nothing_to_give_up() -> None:
    async with slot_released():
        assert True
