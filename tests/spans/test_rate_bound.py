"""How often something is done at most, by a clock of the test."""

from dataclasses import dataclass

from spans.rate_bound import RateBound


@dataclass
class Clock:
    """A clock that stands still until it is set."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_as_many_a_second_as_it_says_however_long_nothing_came() -> None:
    clock = Clock()
    bound = RateBound(3, clock)

    def taken() -> int:
        return sum(bound.take() for _ in range(10))

    assert taken() == 3
    clock.now = 0.5
    assert taken() == 1
    clock.now = 1_000.0
    assert taken() == 3
