"""Awaiting what resolvers gave, and completing each value as soon as it is there.

All of it is awaited by the one task of the operation. A coroutine gets a task when it is not the
only one, a future gets none, and what follows a value runs in the operation's task.
"""

from asyncio import Future, Task, ensure_future, gather, get_running_loop
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from gql.execution.later import Later
from gql.execution.replay import Settled
from gql.execution.sites import Key

if TYPE_CHECKING:
    from gql.execution.running import Running

# Any: values are whatever resolvers give; a target is an object of the answer.
Complete: TypeAlias = Callable[["Running", Any, Key], Any]
Pending: TypeAlias = tuple[Awaitable[Any], Complete, Key, dict[str, Any], str]
"""What is awaited, what completes it, which call gave it, and where in the answer it belongs."""


async def settle(running: "Running") -> None:
    """Await everything pending, and what becomes pending by it; raises what goes wrong first."""
    pending = running.pending
    while pending:
        if len(pending) == 1:
            await _settle_one(running, pending.pop())
        else:
            await _Crowd(running).settle()


async def _settle_one(running: "Running", one: Pending) -> None:
    awaitable, complete, key, target, name = one
    try:
        if type(awaitable) is Later:
            value = awaitable.then(await awaitable.future)
        else:
            value = await awaitable
    except Exception as error:
        running.outcomes[key] = Settled(error=error)
        raise
    running.outcomes[key] = Settled(value)
    target[name] = complete(running, value, key)


class _Crowd:
    """Several awaitables at once, and those that join them meanwhile."""

    def __init__(self, running: "Running") -> None:
        self._running = running
        self._waiting: dict[Future[Any], list[Pending]] = {}
        self._tasks: list[Task[Any]] = []
        self._done: list[Future[Any]] = []
        self._wake: Future[None] | None = None

    async def settle(self) -> None:
        try:
            self._admit()
            while self._waiting:
                if not self._done:
                    self._wake = get_running_loop().create_future()
                    await self._wake
                done, self._done = self._done, []
                for future in done:
                    self._complete(future)
                self._admit()
        except Exception:
            raise
        except BaseException:
            await self._cancel()
            raise
        finally:
            for future in self._waiting:
                future.remove_done_callback(self._on_done)
                future.add_done_callback(_disregard)

    def _admit(self) -> None:
        pending = self._running.pending
        for one in pending:
            awaitable = one[0]
            if type(awaitable) is Later:
                future = awaitable.future
            else:
                future = ensure_future(awaitable)
                self._running.outcomes[one[2]] = future
                if future is not awaitable and isinstance(future, Task):
                    self._tasks.append(future)
            same = self._waiting.get(future)
            if same is not None:
                same.append(one)
                continue
            self._waiting[future] = [one]
            if future.done():
                self._done.append(future)
            else:
                future.add_done_callback(self._on_done)
        pending.clear()

    def _on_done(self, future: "Future[Any]") -> None:
        self._done.append(future)
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def _complete(self, future: "Future[Any]") -> None:
        running = self._running
        for awaitable, complete, key, target, name in self._waiting.pop(future):
            try:
                value = future.result()
            except Exception as error:
                running.outcomes[key] = Settled(error=error)
                raise
            if type(awaitable) is Later:
                value = _made(running, awaitable, key, value)
            try:
                target[name] = complete(running, value, key)
            except Exception:
                # Recorded as the others are, or graphql-core would await it again, and tell of one
                # that failed later.
                running.outcomes[key] = Settled(value)
                raise

    async def _cancel(self) -> None:
        for task in self._tasks:
            task.cancel()
        await gather(*self._tasks, return_exceptions=True)


def _made(running: "Running", later: Later[Any, Any], key: Key, loaded: Any) -> Any:
    try:
        value = later.then(loaded)
    except Exception as error:
        running.outcomes[key] = Settled(error=error)
        raise
    running.outcomes[key] = Settled(value)
    return value


def _disregard(future: "Future[Any]") -> None:
    """Take a failure for noticed that nobody waits for any more."""
    if not future.cancelled():
        future.exception()
