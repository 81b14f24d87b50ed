"""A crowd that asks again at once, beside somebody who asks steadily; time is made up."""

import asyncio
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pytest

from app.http.admission.controller import AdmissionController, AdmissionLimits
from app.http.admission.queue import AdmissionQueue

SECONDS = 3.0
CROWD = 200
EVERY_SECONDS = 0.01
STEPS = 4
"""ConcurrencyLimiter of the event loop that an answer takes."""
REFUSAL_SECONDS, READING_SECONDS = 0.00006, 0.00002
BOUNDS = AdmissionLimits(0.1, 1.0, 10)
Done = Callable[[bool], None]


@dataclass
class Process:
    """A process that does one thing at a time, each of which takes so long as it is said to."""

    answer_seconds: float
    small_seconds: float = 0.001
    """How long the answers to who asks steadily take."""
    places: int = 10
    """How many places the crowd asks from."""
    now: float = 0.0
    running: list[tuple[int, float, Done]] = field(default_factory=list)
    again: list[int] = field(default_factory=lambda: list(range(CROWD)))
    answered: list[float] = field(default_factory=list)
    refused: int = 0
    crowd_answered: int = 0

    def __post_init__(self) -> None:
        queue = AdmissionQueue(lambda: True, longest_wait_seconds=3.0, seconds=lambda: self.now)
        self.admission = AdmissionController(BOUNDS, queue, seconds=lambda: self.now)

    def ask(self, origin: str, done: Done, seconds: float) -> None:
        """As the protocol does."""
        self.now += READING_SECONDS
        if self.admission.admits(origin, len(self.running)):
            self.admission.enter(partial(self._begin, done, seconds), origin)
        else:
            self.admission.refuse(lambda: self._refuse(done))

    def turn(self) -> None:
        """Read what has come, and go on with what has begun."""
        crowd, self.again = self.again, []
        for one in crowd:
            origin = f"place {one % self.places}"
            self.ask(origin, partial(self._crowd_answered, one), self.answer_seconds)
        running, self.running = self.running, []
        for steps, seconds, done in running:
            self.now += seconds
            if steps > 1:
                self.running.append((steps - 1, seconds, done))
            else:
                done(True)

    def ask_steadily(self, asked_at: float) -> None:
        """As somebody else."""

        def done(is_answered: bool) -> None:
            if is_answered:
                self.answered.append(self.now - asked_at)
            else:
                self.refused += 1

        self.ask("elsewhere", done, self.small_seconds)

    def _begin(self, done: Done, seconds: float, is_turn: bool) -> None:
        if is_turn:
            self.running.append((STEPS, seconds / STEPS, done))
        else:
            self._refuse(done)

    def _refuse(self, done: Done) -> None:
        self.now += REFUSAL_SECONDS
        done(False)

    def _crowd_answered(self, one: int, is_answered: bool) -> None:
        self.crowd_answered += is_answered
        self.again.append(one)


def live(process: Process) -> None:
    """Let somebody ask steadily, and the crowd as it likes."""

    async def play() -> None:
        due = 0.0
        while process.now < SECONDS:
            while due <= process.now:
                process.ask_steadily(due)
                due += EVERY_SECONDS
            process.turn()
            await asyncio.sleep(0)

    asyncio.run(play())


@pytest.mark.parametrize("answer_seconds", [0.0005, 0.001, 0.002])
def test_who_asks_steadily_is_always_answered_soon_and_most_time_is_for_answers(
    answer_seconds: float,
) -> None:
    process = Process(answer_seconds, small_seconds=answer_seconds)
    live(process)
    assert process.refused == 0
    assert max(process.answered) < 0.1
    answers = process.crowd_answered + len(process.answered)
    assert answers * answer_seconds > 0.6 * SECONDS


@pytest.mark.parametrize("answer_seconds", [0.008, 0.016])
def test_expensive_operations_keep_nobody_waiting_who_asks_for_little(
    answer_seconds: float,
) -> None:
    process = Process(answer_seconds, places=3)
    live(process)
    assert process.refused == 0
    assert statistics.median(process.answered) < 0.1
