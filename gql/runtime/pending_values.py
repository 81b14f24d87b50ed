"""Awaits the pending results of resolvers, and encodes each as soon as it has arrived.

Everything is awaited and encoded in the operation's own task. A coroutine gets a task unless it is
the only one, and futures get none. What is the last to be awaited of a loader is loaded in this
task too: then nobody is left who could request more keys of the batch.
"""

from asyncio import Future, Task, ensure_future, gather, get_running_loop
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from gql.compiler.resolution.call_sites import ITEM, CallKey, Settled
from gql.values.mapped_future import MappedFuture
from loaders.batching.loader import LoaderFuture

if TYPE_CHECKING:
    from gql.runtime.plan_execution import PlanExecution

# Any: resolvers return values of every type; a target is a list of bytes with slots.
Write: TypeAlias = Callable[["PlanExecution", Any, CallKey], Any]
Pending: TypeAlias = tuple[Awaitable[Any], Write, CallKey, list[Any], int]
"""An awaitable, the function that encodes its value, its call, and its slot: a list and an index.

Items of a list are not recorded as outcomes: the outcome of their call is the list.
"""


async def settle(execution: "PlanExecution") -> None:
    """Await everything pending, and what becomes pending meanwhile; raises the first failure."""
    pending = execution.pending
    while pending:
        if len(pending) > 1:
            await _ConcurrentAwaits(execution).settle()
            continue
        awaitable, write, key, target, place = pending.pop()
        is_mapped = type(awaitable) is MappedFuture
        future: Any = awaitable.future if is_mapped else awaitable  # type: ignore[attr-defined]  # a MappedFuture has it
        try:
            if type(future) is LoaderFuture and future.loader is not None:
                batch = future.loader.take_batch()
                if batch is not None:
                    await batch
            value = await future
            if is_mapped:
                value = awaitable.then(value)  # type: ignore[attr-defined]  # a MappedFuture has it
        except Exception as error:
            _record(execution, key, Settled(error=error))
            raise
        _record(execution, key, Settled(value))
        target[place] = write(execution, value, key)


class _ConcurrentAwaits:
    """Awaits several awaitables at once, and those that become pending meanwhile.

    Values that loaders load for one call site mostly arrive in one batch, so only the first that
    is missing is awaited.
    """

    def __init__(self, execution: "PlanExecution") -> None:
        self._execution = execution
        self._waiting: dict[Future[Any], list[Pending]] = {}
        self._tasks: list[Task[Any]] = []
        self._done: list[Future[Any]] = []
        self._watched: set[Future[Any]] = set()
        self._wake: Future[None] | None = None

    async def settle(self) -> None:
        try:
            self._admit()
            while self._waiting:
                if not self._done:
                    await self._arrival()
                done, self._done = self._done, []
                for future in done:
                    self._write(self._waiting.pop(future, []))
                self._admit()
        except Exception:
            raise
        except BaseException:
            await self._cancel()
            raise
        finally:
            self._release()

    async def _arrival(self) -> None:
        """Wait until something arrives; load it here if one loader has all that is left."""
        loaders = {one.loader if type(one) is LoaderFuture else None for one in self._waiting}
        only = loaders.pop()
        if only is not None and not loaders:
            batch = only.take_batch()
            if batch is not None:
                await batch
                self._done = [one for one in self._waiting if one.done()]
                return
        for one in self._waiting.keys() - self._watched:
            one.add_done_callback(self._on_done)
            self._watched.add(one)
        self._wake = get_running_loop().create_future()
        await self._wake

    def _admit(self) -> None:
        """Start waiting for everything pending, grouped by call site where loaders load it."""
        execution, by_site = self._execution, dict[int, list[Pending]]()
        for one in execution.pending:
            awaitable, write, key, target, place = one
            if type(awaitable) is not LoaderFuture and type(awaitable) is not MappedFuture:
                future = ensure_future(awaitable)
                _record(execution, key, future)
                if future is not awaitable and isinstance(future, Task):
                    self._tasks.append(future)
                self._wait([(future, write, key, target, place)])
            else:
                by_site.setdefault(key[0], []).append(one)
        execution.pending.clear()
        for pending in by_site.values():
            self._wait(pending)

    def _wait(self, pending: list[Pending]) -> None:
        """Wait for the first of a group; the others arrive with it."""
        awaitable = pending[0][0]
        future: Future[Any] = awaitable.future if type(awaitable) is MappedFuture else awaitable  # type: ignore[assignment]  # made one above
        same = self._waiting.get(future)
        if same is not None:
            same.extend(pending)
            return
        self._waiting[future] = pending
        if future.done():
            self._done.append(future)

    def _on_done(self, future: "Future[Any]") -> None:
        self._done.append(future)
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def _write(self, pending: list[Pending]) -> None:
        """Encode what has arrived of a group, and wait for the rest."""
        execution, left = self._execution, list[Pending]()
        for one in pending:
            awaitable, write, key, target, place = one
            is_mapped = type(awaitable) is MappedFuture
            future: Future[Any] = awaitable.future if is_mapped else awaitable  # type: ignore[attr-defined, assignment]  # as above
            if not future.done():
                left.append(one)
                continue
            try:
                value = future.result()
                if is_mapped:
                    value = awaitable.then(value)  # type: ignore[attr-defined]  # a MappedFuture has it
            except Exception as error:
                _record(execution, key, Settled(error=error))
                raise
            # Recorded first: otherwise graphql-core would await it again after a failure, and might
            # report a later one.
            _record(execution, key, Settled(value))
            target[place] = write(execution, value, key)
        if left:
            self._wait(left)

    def _release(self) -> None:
        for future, pending in self._waiting.items():
            future.remove_done_callback(self._on_done)
            for awaitable, *_ in pending:
                one = awaitable.future if type(awaitable) is MappedFuture else awaitable
                one.add_done_callback(_ignore_failure)  # type: ignore[attr-defined]  # a MappedFuture has it

    async def _cancel(self) -> None:
        for task in self._tasks:
            task.cancel()
        await gather(*self._tasks, return_exceptions=True)


# Any: outcomes have every type.
def _record(execution: "PlanExecution", key: CallKey, outcome: Any) -> None:
    if key[0] != ITEM:
        execution.outcomes[key] = outcome


def _ignore_failure(future: "Future[Any]") -> None:
    """Mark a failure as retrieved that nobody awaits any more, so that asyncio does not log it."""
    if not future.cancelled():
        future.exception()
