"""Who is admitted, by how long others have had to wait."""

from dataclasses import dataclass

from app.http.admission.controller import AdmissionController, AdmissionLimits
from app.http.admission.queue import AdmissionQueue

TARGET, INTERVAL, AT_ONCE, BURST = 0.0625, 0.125, 10, 6  # without a rest in binary
BOUNDS = AdmissionLimits(TARGET, INTERVAL, AT_ONCE, BURST)
MANY = AT_ONCE + 1
ORIGIN = "192.0.2.1"


@dataclass
class Waits:
    """A clock, and how long an operation waits to be begun."""

    now: float = 100.0
    wait: float = 0.0

    def controller(self, bounds: AdmissionLimits = BOUNDS) -> AdmissionController:
        return AdmissionController(bounds, _QueueOf(self), seconds=lambda: self.now)


class _QueueOf(AdmissionQueue):
    """A queue in which who comes waits as long as the test says."""

    def __init__(self, waits: Waits) -> None:
        super().__init__(lambda: True, longest_wait_seconds=1.0)
        self._waits = waits

    def delay(self) -> float:
        return self._waits.wait

    def expected_wait(self, origin: str) -> float:
        return self.delay() if origin == ORIGIN else 0.0


def admitted_after(
    controller: AdmissionController, waits: Waits, seconds: float, wait: float
) -> bool:
    """Whether one more is admitted so much later, when others wait so long."""
    waits.now += seconds
    waits.wait = wait
    return controller.admits(ORIGIN, MANY)


def decisions(*steps: tuple[float, float]) -> list[bool]:
    """What is decided, step by step, of seconds that pass and the wait of others then."""
    waits = Waits()
    controller = waits.controller()
    return [admitted_after(controller, waits, *step) for step in steps]


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
    steps = (0, 0.07), (0.125, 0.07), (0.5, 0.0), (0.125, 0.0), (0.125, 0.07), (0.125, 0.07)
    assert decisions(*steps) == [True, False, True, True, True, False]


def test_where_nobody_comes_for_a_while_but_all_still_wait_nothing_is_over() -> None:
    assert decisions((0, 0.07), (0.125, 0.07), (9, 0.07)) == [True, False, False]


def test_as_few_as_are_worked_on_at_once_are_always_admitted() -> None:
    waits = Waits(wait=9.0)
    controller = waits.controller()
    controller.admits(ORIGIN, MANY)
    waits.now += INTERVAL
    assert [controller.admits(ORIGIN, MANY), controller.admits(ORIGIN, AT_ONCE)] == [False, True]


def test_a_target_of_0_admits_everybody() -> None:
    waits = Waits(wait=9.0)
    controller = waits.controller(AdmissionLimits(0, INTERVAL, AT_ONCE))
    for _ in range(3):
        waits.now += INTERVAL
        assert controller.admits(ORIGIN, MANY)


def test_who_would_not_wait_is_admitted_whoever_else_would() -> None:
    waits = Waits(wait=0.2)
    controller = waits.controller()
    admitted = []
    for _ in range(2):
        admitted += [controller.admits(ORIGIN, MANY), controller.admits("192.0.2.2", MANY)]
        waits.now += INTERVAL
    assert admitted == [True, True, False, True]
