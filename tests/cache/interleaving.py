"""A scheduler that plays every order in which the steps of concurrent programs can be taken.

Programs wait at each step until they are chosen. A run follows the path that it is given and takes
the first option after its end; the path of the next run leaves the last one where it has an option
left. Of two orders that differ only in neighbouring steps which do not touch the same thing one is
enough: Godefroid's sleep sets (Partial-Order Methods for the Verification of Concurrent Systems,
1996, chapter 5) tell which need not be walked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")
_actor: ContextVar[str] = ContextVar("actor")
_SETTLING_TURNS = 6
"""From the end of one step to the beginning of the next it is at most four: a task begins, a
future is set, and two that wait for it wake up."""


class Touches(Enum):
    """What a step does, as far as others can notice."""

    READS_STORE = ("store", False)
    CHANGES_STORE = ("store", True)
    READS_DATABASE = ("database", False)
    CHANGES_DATABASE = ("database", True)

    def commutes(self, other: "Touches") -> bool:
        """Whether it makes no difference in which order the two were done."""
        (thing, changes), (other_thing, other_changes) = self.value, other.value
        return thing != other_thing or not (changes or other_changes)


@dataclass(frozen=True, slots=True)
class Fork:
    """Who could take a step, who was chosen, and who was before, or need not be at all."""

    options: Mapping[str, Touches]
    taken: str
    tried: frozenset[str]

    @property
    def left(self) -> list[str]:
        """Who has not been chosen here yet."""
        return sorted(self.options.keys() - self.tried - {self.taken})

    @property
    def asleep(self) -> frozenset[str]:
        """Who need not be chosen next: it was tried here already, and the order is all the same."""
        step = self.options[self.taken]
        return frozenset(name for name in self.tried if self.options[name].commutes(step))


Path: TypeAlias = tuple[Fork, ...]


class InterleavingScheduler:
    """One run along a path; tasks that an actor starts take their steps under its name."""

    def __init__(self, path: Path, at_first_step: Callable[[str], None]) -> None:
        self._path = path
        self._at_first_step = at_first_step
        self._begun: set[str] = set()
        self._waiting: dict[str, tuple[Touches, asyncio.Future[None]]] = {}
        self._running = 0
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self.trail: list[Fork] = []
        self.is_new = True
        self.story: list[str] = []

    async def step(self, what: str, touches: Touches, call: Callable[[], Awaitable[T]]) -> T:
        """Wait to be chosen, and make the call."""
        name = _actor.get()
        assert name not in self._waiting
        chosen = asyncio.get_running_loop().create_future()
        self._waiting[name] = touches, chosen
        await chosen
        self.story.append(f"{name} {what}")
        try:
            return await call()
        finally:
            self._running -= 1
            if not self._running:
                self._is_idle.set()

    # Any: what a coroutine yields and is sent concerns the event loop alone.
    async def play(self, actors: Mapping[str, Coroutine[Any, Any, None]]) -> None:
        """Run the actors to their ends, one step at a time."""
        tasks = [asyncio.create_task(self._act(name, one)) for name, one in actors.items()]
        await self._settle()
        while self._waiting:
            self._release(self._choose())
            await self._settle()
        await asyncio.gather(*tasks)

    def _choose(self) -> str:
        options = {name: touches for name, (touches, _) in self._waiting.items()}
        if len(self.trail) < len(self._path):
            fork = self._path[len(self.trail)]
            assert fork.options == options, "the same choices led elsewhere"
        else:
            asleep = self.trail[-1].asleep if self.trail else frozenset()
            awake = sorted(options.keys() - asleep)
            # Where all are asleep the run is one that was walked already; it is only ended.
            self.is_new = self.is_new and bool(awake)
            fork = Fork(options, (awake or sorted(options))[0], asleep if awake else frozenset())
        if self.is_new:
            self.trail.append(fork)
        return fork.taken

    def _release(self, name: str) -> None:
        if name not in self._begun:
            self._begun.add(name)
            self._at_first_step(name)
        self._running += 1
        self._is_idle.clear()
        self._waiting.pop(name)[1].set_result(None)

    async def _settle(self) -> None:
        quiet = 0
        while quiet < _SETTLING_TURNS:
            await self._is_idle.wait()
            await asyncio.sleep(0)
            quiet = 0 if self._running else quiet + 1

    async def _act(self, name: str, actor: Coroutine[Any, Any, None]) -> None:
        _actor.set(name)
        await actor


def next_path(trail: list[Fork]) -> Path | None:
    """The path of the run after this one, None after the last."""
    for place in range(len(trail) - 1, -1, -1):
        fork = trail[place]
        if fork.left:
            tried = fork.tried | {fork.taken}
            return (*trail[:place], replace(fork, taken=fork.left[0], tried=tried))
    return None
