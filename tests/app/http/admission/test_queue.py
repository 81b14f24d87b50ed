"""In which order, and how many at a time, what was admitted is begun."""

import asyncio
from contextvars import ContextVar
from functools import partial

import pytest

from app.http.admission.controller import AdmissionController, AdmissionLimits, NotAdmitted
from tests.app.http.admission.queue_stage import (
    LONGEST_SECONDS,
    ORIGIN,
    OTHER,
    THIRD,
    TURN_SECONDS,
    Stage,
    on_stage,
)


def test_where_there_is_room_it_is_begun_at_once() -> None:
    async def play(stage: Stage) -> None:
        stage.room = 10
        stage.enter(1, 2)

    assert on_stage(play).begun == [1, 2]


def started_by_turn(turn_seconds: float, count: int) -> list[int]:
    """How many of so many are begun in each turn of the loop, if each takes so long."""
    counts = []

    async def play(stage: Stage) -> None:
        stage.room = count
        stage.enter(*range(count))
        before = 0
        while before < count:
            counts.append(len(stage.begun) - before)
            before = len(stage.begun)
            stage.now += turn_seconds
            await asyncio.sleep(0)

    assert on_stage(play).begun == list(range(count)), "in the order of coming"
    return counts


def test_few_are_started_in_each_turn_of_the_loop() -> None:
    assert started_by_turn(0.01, 10) == [2] * 5


def test_more_are_started_where_turns_are_short() -> None:
    assert started_by_turn(0.002, 170) == [*range(2, 16), 16, 16, 16, 3]


def test_who_comes_while_others_wait_is_begun_after_them() -> None:
    async def play(stage: Stage) -> None:
        stage.enter(1)
        stage.room = 10
        stage.enter(2)
        assert stage.begun == []
        await stage.until_begun(2)

    assert on_stage(play).begun == [1, 2]


def test_as_many_are_started_as_there_is_room_for() -> None:
    async def play(stage: Stage) -> None:
        stage.enter(1, 2, 3)
        stage.room = 2
        await stage.until_begun(2)
        assert (stage.begun, len(stage.queue)) == ([1, 2], 1)
        stage.room = 1
        await stage.until_begun(3)

    assert on_stage(play).begun == [1, 2, 3]


def test_the_next_request_is_started_when_one_has_ended() -> None:
    async def play(stage: Stage) -> None:
        stage.enter(1)
        await asyncio.sleep(0)
        assert stage.looks == 2, "there was no room, and it looks again later"
        stage.room = 1
        stage.queue.check_again()
        stage.queue.check_again()
        await asyncio.sleep(0)
        assert (stage.begun, stage.looks) == ([1], 3)

    on_stage(play)


def test_who_has_waited_too_long_is_not_begun() -> None:
    async def play(stage: Stage) -> None:
        stage.enter(1)
        await stage.wait(1.0)
        stage.enter(2)
        await stage.wait(LONGEST_SECONDS - 1.0)
        await stage.until_begun(1)
        stage.room = 1
        await stage.until_begun(2)

    stage = on_stage(play)
    assert (stage.given_up, stage.begun) == ([1], [2])


def test_who_comes_waits_no_less_than_who_is_next_has_waited() -> None:
    async def play(stage: Stage) -> None:
        assert stage.expected_wait() == 0.0
        stage.enter(1)
        await stage.wait(0.5)
        stage.enter(2)
        assert stage.expected_wait() == 0.5

    on_stage(play)


def test_a_pause_of_the_process_is_no_wait() -> None:
    async def play(stage: Stage) -> None:
        stage.enter(*range(100))
        await stage.wait(TURN_SECONDS)
        stage.now += 2.0
        assert (stage.queue.delay(), stage.expected_wait()) == (TURN_SECONDS, TURN_SECONDS)
        looks = stage.looks
        while stage.looks == looks:
            await asyncio.sleep(0)
        assert stage.expected_wait() == TURN_SECONDS + 0.05
        stage.room = 1
        await stage.until_begun(1)
        # One that took so long is one of many.
        assert stage.expected_wait() < 0.3

    on_stage(play)


def test_two_are_refused_for_each_that_is_begun_and_a_few_as_time_passes() -> None:
    async def play(stage: Stage) -> None:
        refused: list[int] = []
        stage.room = 100
        stage.enter(*range(8))
        for number in range(60):
            stage.queue.refuse(partial(refused.append, number))
        counts = [(len(stage.begun), len(refused))]
        while len(refused) < 60:
            stage.now += 0.01
            await asyncio.sleep(0)
            counts.append((len(stage.begun), len(refused)))
        assert counts[:5] == [(2, 32), (4, 38), (6, 44), (8, 50), (8, 52)]
        assert refused == list(range(60))

    on_stage(play)


def test_what_comes_in_crowds_is_refused_a_quarter_of_a_second_later_at_most() -> None:
    async def play(stage: Stage) -> None:
        refused: list[int] = []
        stage.enter(0)  # which there is no room for
        for number in range(5_000):
            stage.queue.refuse(partial(refused.append, number))
        assert len(refused) == 32
        await stage.wait(0.21875)
        assert len(refused) < 200
        await stage.wait(0.0625)
        assert refused == list(range(5_000))

    on_stage(play)


def test_who_comes_waits_for_as_many_as_wait_as_long_as_each_takes() -> None:
    async def play(stage: Stage) -> None:
        stage.enter(*range(1000))
        for _ in range(500):  # a turn of one each
            stage.now += 0.001
            stage.room = 1
            await stage.until_begun(len(stage.begun) + 1)
        expected = stage.expected_wait()
        assert round(expected, 2) == 0.5

    on_stage(play)


def test_who_asks_for_little_is_begun_before_the_others_of_who_asks_for_much() -> None:
    async def play(stage: Stage) -> None:
        stage.enter(*range(100))
        stage.room = 50
        await stage.until_begun(10)
        stage.enter(1000, 1001, origin=OTHER)
        begun = len(stage.begun)
        await stage.until_begun(begun + 4)
        assert {1000, 1001} <= set(stage.begun[begun : begun + 4])

    on_stage(play)


def test_who_comes_waits_for_those_of_its_origin_and_as_many_of_each_other() -> None:
    async def play(stage: Stage) -> None:
        stage.enter(*range(1000))
        for _ in range(900):
            stage.now += 0.001
            stage.room = 1
            await stage.until_begun(len(stage.begun) + 1)
        assert stage.queue.delay() > 0.09
        assert stage.expected_wait(OTHER) == 0.0
        stage.enter(1000, 1001, origin=OTHER)
        assert round(stage.expected_wait(OTHER), 3) == 0.002
        await stage.wait(2 * TURN_SECONDS)
        assert stage.expected_wait(OTHER) == pytest.approx(2 * TURN_SECONDS)
        assert stage.expected_wait(THIRD) == 0.0

    on_stage(play)


def test_who_has_waited_too_long_is_given_up_whatever_its_origin() -> None:
    async def play(stage: Stage) -> None:
        stage.enter(1)
        stage.enter(2, origin=OTHER)
        await stage.wait(LONGEST_SECONDS - TURN_SECONDS)
        stage.enter(3, origin=THIRD)
        await stage.wait(TURN_SECONDS)
        await stage.until_begun(2)
        assert len(stage.queue) == 1

    assert sorted(on_stage(play).given_up) == [1, 2]


def test_what_is_begun_inherits_nothing_from_who_came_before() -> None:
    whose = ContextVar("whose", default="nobody's")
    seen: list[str] = []

    async def play(stage: Stage) -> None:
        stage.enter(1)
        whose.set("somebody's")
        stage.queue.enter(lambda _: seen.append(whose.get()), ORIGIN)
        stage.room = 2
        async with asyncio.timeout(10):
            while not seen:
                await asyncio.sleep(0)

    on_stage(play)
    assert seen == ["nobody's"]


def test_a_turn_is_waited_for() -> None:
    async def play(stage: Stage) -> None:
        controller = AdmissionController(AdmissionLimits(0.1, 1, 1), stage.queue)
        first, gone, late = (asyncio.ensure_future(controller.turn(ORIGIN)) for _ in range(3))
        await asyncio.sleep(0)
        gone.cancel()
        stage.room = 2
        await first
        async with asyncio.timeout(10):
            while len(stage.queue):
                await asyncio.sleep(0)
        await late
        stage.room = 0
        too_late = asyncio.ensure_future(controller.turn(ORIGIN))
        await asyncio.sleep(0)
        await stage.wait(LONGEST_SECONDS)
        try:
            await too_late
        except NotAdmitted:
            stage.given_up.append(1)

    assert on_stage(play).given_up == [1]
