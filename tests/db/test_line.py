"""How long is waited for a session, as it is told before it is waited."""

import asyncio
from time import perf_counter

from db.line import Line, Turn

LONG_SECONDS = 50.0


def turns(line: Line, count: int) -> list[Turn]:
    """So many more who wait; inside a running loop."""
    loop = asyncio.get_running_loop()
    made: list[Turn] = [loop.create_future() for _ in range(count)]
    for turn in made:
        line.append(turn)
    return made


def test_where_nobody_waits_nobody_is_going_to() -> None:
    assert Line().expected_wait(perf_counter(), 5) == 0.0


def test_it_is_no_less_than_what_the_next_has_waited() -> None:
    async def wait() -> float:
        line = Line()
        turns(line, 3)
        return line.expected_wait(perf_counter() + LONG_SECONDS)

    assert LONG_SECONDS <= asyncio.run(wait()) < LONG_SECONDS + 1


def test_who_has_given_up_does_not_count() -> None:
    async def wait() -> tuple[float, int]:
        line = Line()
        for turn in turns(line, 3):
            turn.cancel()
        return line.expected_wait(perf_counter() + LONG_SECONDS), len(line)

    assert asyncio.run(wait()) == (0.0, 0)


def test_it_grows_with_how_many_wait_and_how_slowly_they_are_served() -> None:
    async def waits() -> list[float]:
        line = Line()
        turns(line, 40)
        for _ in range(20):
            await asyncio.sleep(0.001)  # a millisecond of work for each
            line.popleft().set_result(None)
        now = perf_counter()
        few = line.expected_wait(now)
        turns(line, 180)
        return [few, line.expected_wait(now), line.expected_wait(now, 200)]

    few, ten_times, twenty_times = asyncio.run(waits())
    assert ten_times > few
    assert twenty_times == 2 * ten_times


def test_who_has_begun_is_next_and_who_is_new_waits_for_that_too() -> None:
    async def served() -> tuple[list[int], float]:
        line = Line()
        new = turns(line, 2)
        begun: Turn = asyncio.get_running_loop().create_future()
        line.append(begun, has_begun=True)
        order = [[*new, begun].index(line.popleft()) for _ in range(2)]
        return order, line.expected_wait(perf_counter() + LONG_SECONDS)

    order, wait = asyncio.run(served())
    assert order == [2, 0]
    assert wait >= LONG_SECONDS
