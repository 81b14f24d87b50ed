"""Who is admitted, by how long others have had to wait."""

import asyncio
from dataclasses import dataclass

from app.admission.controller import AdmissionBounds, AdmissionController

TARGET, INTERVAL, AT_ONCE, BURST = 0.0625, 0.125, 10, 6  # without a rest in binary
BOUNDS = AdmissionBounds(TARGET, INTERVAL, AT_ONCE, BURST)
MANY = AT_ONCE + 1


@dataclass
class Pools:
    """A clock, and how long an operation waits for connections."""

    now: float = 100.0
    wait: float = 0.0
    beside: int = 0

    def expected_wait(self, _now: float, beside: int) -> float:
        self.beside = beside
        return self.wait

    def controller(self, bounds: AdmissionBounds = BOUNDS) -> AdmissionController:
        return AdmissionController(bounds, self.expected_wait, seconds=lambda: self.now)


async def admitted_after(
    controller: AdmissionController, pools: Pools, seconds: float, wait: float
) -> bool:
    """Whether one more is admitted so much later, when others wait so long."""
    for _ in range(3):  # turns of the loop, which take no time here
        await asyncio.sleep(0)
    pools.now += seconds
    pools.wait = wait
    return controller.admits(MANY)


def decisions(*steps: tuple[float, float]) -> list[bool]:
    """What is decided, step by step, of seconds that pass and the wait of others then."""

    async def decide() -> list[bool]:
        pools = Pools()
        controller = pools.controller()
        return [await admitted_after(controller, pools, *step) for step in steps]

    return asyncio.run(decide())


def test_a_burst_is_borne_with() -> None:
    assert decisions((0, 0.2), (0.12, 0.3), (0.01, 0.04), (0.01, 0.2), (0.12, 0.2)) == [True] * 5


def test_very_many_are_no_burst() -> None:
    burst = [(0.01, 0.07)] * BURST
    assert decisions(*burst, (0.01, 0.0), *burst, (0.01, 0.07)) == [True] * (2 * BURST + 1) + [
        False
    ]


def test_delays_long_after_each_other_do_not_add_up() -> None:
    assert decisions((0, 0.2), (5, 0.2), (5, 0.2), (0.0625, 0.2)) == [True] * 4


def test_a_delay_that_stays_for_an_interval_refuses() -> None:
    assert decisions((0, 0.0625), (0.0625, 0.07), (0.0625, 0.07)) == [True, True, False]


def test_when_there_was_too_much_each_is_admitted_by_the_wait_of_the_moment() -> None:
    steps = (0, 0.07), (0.125, 0.07), (0.01, 0.06), (0.01, 0.07), (0.01, 0.06)
    assert decisions(*steps) == [True, False, True, False, True]


def test_after_a_calm_time_a_burst_is_borne_with_again() -> None:
    steps = (0, 0.07), (0.125, 0.07), (0.5, 0.0), (0.125, 0.07), (0.125, 0.07)
    assert decisions(*steps) == [True, False, True, True, False]


def test_as_few_as_are_worked_on_at_once_are_always_admitted() -> None:
    async def decide() -> list[bool]:
        pools = Pools(wait=9.0)
        controller = pools.controller()
        controller.admits(MANY)
        pools.now += INTERVAL
        return [controller.admits(MANY), controller.admits(AT_ONCE)]

    assert asyncio.run(decide()) == [False, True]


def test_a_target_of_0_admits_everybody() -> None:
    pools = Pools(wait=9.0)
    controller = pools.controller(AdmissionBounds(0, INTERVAL, AT_ONCE))
    for _ in range(3):
        pools.now += INTERVAL
        assert controller.admits(MANY)


def test_who_was_admitted_in_this_turn_of_the_loop_is_waited_for_too() -> None:
    async def decide() -> list[int]:
        pools, beside = Pools(), []
        controller = pools.controller()
        for _ in range(3):
            controller.admits(MANY)
            beside.append(pools.beside)
        await asyncio.sleep(0)
        controller.admits(MANY)
        return [*beside, pools.beside]

    assert asyncio.run(decide()) == [0, 1, 2, 0]


def admitted_in_turns(*turns: float) -> list[bool]:
    """What is decided at the beginning of turns of the event loop that take so many seconds."""

    async def decide() -> list[bool]:
        pools, decided = Pools(), []
        controller = pools.controller()
        for seconds in turns:
            decided.append(controller.admits(MANY))
            await asyncio.sleep(0)
            pools.now += seconds
        return decided

    return asyncio.run(decide())


def test_turns_of_the_loop_that_are_long_again_and_again_refuse() -> None:
    # An operation waits for two, so that each is too long for it.
    assert admitted_in_turns(*[0.04] * 7) == [True] * 5 + [False] * 2


def test_a_long_turn_alone_is_a_burst() -> None:
    assert admitted_in_turns(0.0, 0.5, 0.0, 0.0, 0.5, 0.0, 0.0) == [True] * 7


def test_a_long_turn_that_is_over_for_long_is_forgotten() -> None:
    assert admitted_in_turns(3.0, *[2 * INTERVAL] * 3) == [True] * 4
