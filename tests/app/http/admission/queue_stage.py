"""A queue whose turns and clock a test moves on."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

from app.http.admission.queue import AdmissionQueue

LONGEST_SECONDS = 3.0
TURN_SECONDS = 0.03125
ORIGIN, OTHER, THIRD = "192.0.2.1", "192.0.2.2", "192.0.2.3"


@dataclass
class Stage:
    """A clock, the room that there is, and what was begun."""

    now: float = 100.0
    room: int = 0
    looks: int = 0
    begun: list[int] = field(default_factory=list)
    given_up: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.queue = AdmissionQueue(
            self._has_room,
            longest_wait_seconds=LONGEST_SECONDS,
            seconds=lambda: self.now,
        )

    def enter(self, *numbers: int, origin: str = ORIGIN) -> None:
        for number in numbers:
            self.queue.enter(partial(self._begin, number), origin)

    def expected_wait(self, origin: str = ORIGIN) -> float:
        return self.queue.expected_wait(origin)

    def _has_room(self) -> bool:
        self.looks += 1
        return self.room > 0

    async def wait(self, seconds: float) -> None:
        """Let time pass in short turns, in each of which the queue looks."""
        async with asyncio.timeout(10):
            for _ in range(round(seconds / TURN_SECONDS)):
                self.now += TURN_SECONDS
                looks = self.looks
                while self.looks == looks:
                    await asyncio.sleep(0)

    def _begin(self, number: int, is_turn: bool) -> None:
        self.room -= is_turn
        (self.begun if is_turn else self.given_up).append(number)

    async def until_begun(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.begun) + len(self.given_up) < count:
                await asyncio.sleep(0)


def on_stage(play: Callable[[Stage], Awaitable[None]]) -> Stage:
    async def perform() -> Stage:
        stage = Stage()
        await play(stage)
        return stage

    return asyncio.run(perform())
