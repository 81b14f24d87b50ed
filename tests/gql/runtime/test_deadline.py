"""Breaking off what takes too long, or is waited for by nobody; nothing else is disturbed."""

import asyncio

import pytest

from gql.errors import DeadlineExceeded
from gql.runtime.deadline import ClientDisconnected, DeadlineScope

FOR_EVER_SECONDS = 60.0


async def attended(seconds: float, *, gone_after: float | None = None) -> None:
    async def gone() -> None:
        await asyncio.sleep(FOR_EVER_SECONDS if gone_after is None else gone_after)

    with DeadlineScope(seconds, gone):
        await asyncio.Event().wait()


async def test_a_deadline_that_passes() -> None:
    with pytest.raises(DeadlineExceeded, match=r"longer than 0\.01 seconds"):
        await attended(0.01)


async def test_a_deadline_that_passes_while_the_client_is_watched() -> None:
    with pytest.raises(DeadlineExceeded, match=r"longer than 0\.08 seconds"):
        await attended(0.08)


async def test_a_client_that_goes() -> None:
    with pytest.raises(ClientDisconnected):
        await attended(FOR_EVER_SECONDS, gone_after=0)


async def test_what_ends_in_time_is_not_watched_and_leaves_nothing_behind() -> None:
    before = asyncio.all_tasks()
    with DeadlineScope(FOR_EVER_SECONDS, lambda: pytest.fail("watched")):
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == before


async def test_what_is_watched_leaves_nothing_behind() -> None:
    watched, before = asyncio.Event(), asyncio.all_tasks()

    async def gone() -> None:
        watched.set()
        await asyncio.Event().wait()

    with DeadlineScope(FOR_EVER_SECONDS, gone):
        await watched.wait()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_a_cancellation_by_somebody_else_is_raised_as_one() -> None:
    task = asyncio.create_task(attended(FOR_EVER_SECONDS))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()


async def test_what_fails_by_itself_fails_as_it_does() -> None:
    with pytest.raises(LookupError), DeadlineScope(FOR_EVER_SECONDS):
        raise LookupError


def test_what_holds_on_after_its_deadline_is_let_end() -> None:
    async def holds_on() -> str:
        with DeadlineScope(0.01):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                return "ended"
        return "never"

    assert asyncio.run(holds_on()) == "ended"


async def test_many_that_run_at_once_end_each_at_its_own_deadline() -> None:
    ended: list[float] = []

    async def attend(seconds: float) -> None:
        with pytest.raises(DeadlineExceeded):
            await attended(seconds)
        ended.append(seconds)

    deadlines = (0.3, 0.11, 0.2, 0.01)
    async with asyncio.TaskGroup() as group:
        for seconds in deadlines:
            group.create_task(attend(seconds))
    assert ended == sorted(deadlines)
