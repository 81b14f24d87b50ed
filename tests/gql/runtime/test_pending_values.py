"""What is pending is loaded in the operation's own task, unless several loaders are waited for."""

import asyncio
from typing import Any

from graphql.execution.values import VariableValues

from gql.runtime.pending_values import settle
from gql.runtime.plan_execution import PlanExecution
from loaders.batching.loader import Loader, LoaderFuture


class Batches:
    """Gives each key as it is, and keeps the keys and the task of each batch."""

    def __init__(self) -> None:
        self.keys: list[list[int]] = []
        self.tasks: list[asyncio.Task[Any] | None] = []
        self.loader = Loader(self.load)

    async def load(self, keys: list[int]) -> list[int]:
        """The keys, a turn later."""
        self.keys.append(keys)
        self.tasks.append(asyncio.current_task())
        await asyncio.sleep(0)
        return keys


def waiting(*futures: LoaderFuture[int]) -> tuple[PlanExecution, list[Any]]:
    """An execution in which each future is the result of another call, and where they are put."""
    execution = PlanExecution(None, None, VariableValues({}, {}), lambda: None)  # type: ignore[arg-type, return-value]  # nothing falls back
    found: list[Any] = [None] * len(futures)
    for number, future in enumerate(futures):
        key = (number, ())
        execution.pending.append((future, lambda _run, value, _key: value, key, found, number))
    return execution, found


async def test_one_value() -> None:
    batches = Batches()
    execution, found = waiting(batches.loader.start(7))
    await settle(execution)
    assert (found, batches.keys) == ([7], [[7]])
    assert batches.tasks == [asyncio.current_task()]


async def test_values_of_one_loader() -> None:
    batches = Batches()
    execution, found = waiting(*map(batches.loader.start, (7, 8, 9)))
    await settle(execution)
    assert (found, batches.keys) == ([7, 8, 9], [[7, 8, 9]])
    assert batches.tasks == [asyncio.current_task()]


async def test_two_loaders_load_at_the_same_time() -> None:
    one, other = Batches(), Batches()
    execution, found = waiting(one.loader.start(7), other.loader.start(8))
    await settle(execution)
    assert (found, one.keys, other.keys) == ([7, 8], [[7]], [[8]])
    assert asyncio.current_task() not in {*one.tasks, *other.tasks}


async def test_a_batch_under_way_is_not_begun_again() -> None:
    batches = Batches()
    future = batches.loader.start(7)
    while not batches.keys:
        await asyncio.sleep(0)
    execution, found = waiting(future, batches.loader.start(8))
    await settle(execution)
    assert (found, batches.keys) == ([7, 8], [[7], [8]])
