"""Keys of one turn of the event loop are loaded together, and nobody suffers from the others."""

import asyncio
import gc
from collections.abc import Awaitable, Callable

import pytest

from loaders.batching.loader import Loader


class Broken(Exception):
    """What a batch raises."""


class Squares:
    """Loads squares, and keeps what was requested in each batch."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.failure: Exception | None = None
        self.began = asyncio.Event()

    async def load(self, keys: list[int]) -> list[int]:
        """The squares of `keys`, once it may answer, or the failure."""
        self.batches.append(keys)
        self.began.set()
        await self.may_answer.wait()
        if self.failure is not None:
            raise self.failure
        return [key * key for key in keys]


def play(scenario: Callable[[Loader[int, int], Squares], Awaitable[None]]) -> None:
    """Play a scenario with a loader of squares."""

    async def begin() -> None:
        squares = Squares()
        async with asyncio.timeout(10):
            await scenario(Loader(squares.load), squares)

    asyncio.run(begin())


def test_keys_of_one_turn_are_one_batch_each_of_them_once() -> None:
    async def scenario(loader: Loader[int, int], squares: Squares) -> None:
        values = await asyncio.gather(*(loader.load(key) for key in (3, 1, 3, 2, 1)))
        assert values == [9, 1, 9, 4, 1]
        assert squares.batches == [[3, 1, 2]]

    play(scenario)


def test_a_batch_that_was_taken_after_it_was_begun_is_loaded_once() -> None:
    async def scenario(loader: Loader[int, int], squares: Squares) -> None:
        value = loader.start(3)
        # Two turns later its task is there, and has not run yet.
        for _ in range(2):
            await asyncio.sleep(0)
        batch = loader.take_batch()
        assert batch is not None
        await batch
        await asyncio.sleep(0)
        assert (await value, squares.batches) == (9, [[3]])

    play(scenario)


def test_a_later_turn_is_a_batch_of_its_own_without_what_is_known() -> None:
    async def scenario(loader: Loader[int, int], squares: Squares) -> None:
        assert await loader.load(3) == 9
        assert list(await asyncio.gather(loader.load(3), loader.load(4))) == [9, 16]
        assert squares.batches == [[3], [4]]

    play(scenario)


def test_a_key_that_is_being_loaded_is_not_loaded_again() -> None:
    async def scenario(loader: Loader[int, int], squares: Squares) -> None:
        squares.may_answer.clear()
        first = asyncio.ensure_future(loader.load(3))
        await squares.began.wait()
        second = asyncio.ensure_future(loader.load(3))
        squares.may_answer.set()
        assert list(await asyncio.gather(first, second)) == [9, 9]
        assert squares.batches == [[3]]

    play(scenario)


@pytest.mark.parametrize("is_loading", [False, True])
def test_who_stops_waiting_takes_nothing_from_the_others(*, is_loading: bool) -> None:
    async def scenario(loader: Loader[int, int], squares: Squares) -> None:
        squares.may_answer.clear()
        leaving, staying, neighbour = (asyncio.ensure_future(loader.load(key)) for key in (3, 3, 4))
        await asyncio.sleep(0)
        if is_loading:
            await squares.began.wait()
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        squares.may_answer.set()
        assert list(await asyncio.gather(staying, neighbour)) == [9, 16]
        assert await loader.load(3) == 9
        assert squares.batches == [[3, 4]]

    play(scenario)


def test_a_batch_that_fails_reaches_each_who_waits() -> None:
    async def scenario(loader: Loader[int, int], squares: Squares) -> None:
        squares.failure = Broken()
        waiting = (loader.load(key) for key in (3, 3, 4))
        assert await asyncio.gather(*waiting, return_exceptions=True) == [squares.failure] * 3
        assert squares.batches == [[3, 4]]

    play(scenario)


def test_a_failure_that_nobody_waits_for_any_more_is_not_reported() -> None:
    reported: list[object] = []

    async def scenario(loader: Loader[int, int], squares: Squares) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: reported.append(context))
        squares.failure = Broken()
        squares.may_answer.clear()
        leaving = asyncio.ensure_future(loader.load(3))
        await squares.began.wait()
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        squares.may_answer.set()
        with pytest.raises(Broken):
            await loader.load(4)

    play(scenario)
    gc.collect()
    assert reported == []


def test_two_loaders_share_nothing() -> None:
    async def scenario(loader: Loader[int, int], squares: Squares) -> None:
        other = Squares()
        assert list(await asyncio.gather(loader.load(3), Loader(other.load).load(3))) == [9, 9]
        assert (squares.batches, other.batches) == ([[3]], [[3]])

    play(scenario)


async def test_what_is_cached_is_not_fetched() -> None:
    requested: list[list[int]] = []

    async def batch(keys: list[int]) -> list[str]:
        requested.append(keys)
        return [f"loaded {key}" for key in keys]

    loader = Loader(batch, get_if_cached={1: "at hand"}.get)
    there = loader.start(1)
    assert there.done()
    assert [await loader.load(key) for key in (1, 2)] == ["at hand", "loaded 2"]
    assert (there.result(), requested) == ("at hand", [[2]])


def test_a_batch_that_is_taken_needs_no_task_and_begins_once() -> None:
    async def scenario(loader: Loader[int, int], squares: Squares) -> None:
        tasks = asyncio.all_tasks()
        waiting = [loader.start(3), loader.start(4)]
        batch = loader.take_batch()
        assert batch is not None
        await batch
        assert [one.result() for one in waiting] == [9, 16]
        for _ in range(3):
            await asyncio.sleep(0)
        assert squares.batches == [[3, 4]]
        assert loader.take_batch() is None
        assert asyncio.all_tasks() == tasks

    play(scenario)
