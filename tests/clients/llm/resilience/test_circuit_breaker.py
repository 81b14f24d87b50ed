"""The breaker: opens after failures in a row, lets one call try, and closes again."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from clients.llm.resilience.circuit_breaker import (
    CircuitOpen,
    CircuitState,
    ModelCircuitBreaker,
    Permit,
)
from tests.fixtures.run.examples import examples

FAILURES, OPEN_SECONDS = 3, 5.0


def new_breaker() -> ModelCircuitBreaker:
    return ModelCircuitBreaker(failures=FAILURES, open_seconds=OPEN_SECONDS)


def opened(at: float = 0) -> ModelCircuitBreaker:
    breaker = new_breaker()
    for _ in range(FAILURES):
        breaker.failed(breaker.admit(at), at)
    return breaker


def state_of(breaker: ModelCircuitBreaker) -> CircuitState:
    return breaker.state


def test_failures_in_a_row_open_it() -> None:
    breaker = new_breaker()
    for _ in range(FAILURES - 1):
        breaker.failed(breaker.admit(0), 0)
    breaker.succeeded(breaker.admit(0))
    for _ in range(FAILURES - 1):
        breaker.failed(breaker.admit(0), 0)
    assert state_of(breaker) is CircuitState.CLOSED
    breaker.failed(breaker.admit(0), 0)
    assert state_of(breaker) is CircuitState.OPEN


@pytest.mark.parametrize(("now", "wait"), [(0, 5), (0.5, 5), (4, 1), (4.9, 1)])
def test_an_open_one_refuses_and_says_for_how_long(now: float, wait: int) -> None:
    with pytest.raises(CircuitOpen) as refused:
        opened().admit(now)
    assert refused.value.retry_after_seconds == wait


def test_one_call_tries_and_closes_it() -> None:
    breaker = opened()
    trial = breaker.admit(OPEN_SECONDS)
    assert state_of(breaker) is CircuitState.HALF_OPEN
    with pytest.raises(CircuitOpen) as refused:
        breaker.admit(OPEN_SECONDS + 9)
    assert refused.value.retry_after_seconds == 1
    breaker.succeeded(trial)
    assert state_of(breaker) is CircuitState.CLOSED
    breaker.admit(OPEN_SECONDS)


def test_one_call_tries_and_fails() -> None:
    breaker = opened()
    breaker.failed(breaker.admit(7), 8)
    assert not breaker.admits(12.9)
    assert breaker.admits(13)


def test_another_tries_when_the_first_says_nothing() -> None:
    breaker = opened()
    breaker.withdrawn(breaker.admit(5))
    breaker.succeeded(breaker.admit(5))
    assert state_of(breaker) is CircuitState.CLOSED


def test_attempts_from_before_say_nothing_new() -> None:
    breaker = new_breaker()
    old = [breaker.admit(0) for _ in range(20)]
    for permit in old[:FAILURES]:
        breaker.failed(permit, 0)
    trial = breaker.admit(5)
    breaker.failed(old[-1], 5)
    breaker.succeeded(old[-2])
    breaker.withdrawn(old[-3])
    assert state_of(breaker) is CircuitState.HALF_OPEN
    breaker.succeeded(trial)
    assert state_of(breaker) is CircuitState.CLOSED


class AnyUse(RuleBasedStateMachine):
    """Whatever is done: it never lets two try at once, and never stays shut for good."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker = new_breaker()
        self.now = 0.0
        self.permits: list[Permit] = []

    @rule(seconds=st.floats(0, 6))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def begin(self) -> None:
        before = self.breaker.state
        if not self.breaker.admits(self.now):
            assert before is not CircuitState.CLOSED
            with pytest.raises(CircuitOpen):
                self.breaker.admit(self.now)
            return
        assert before is not CircuitState.HALF_OPEN
        self.permits.append(self.breaker.admit(self.now))

    @precondition(lambda self: self.permits)
    @rule(data=st.data(), outcome=st.sampled_from(["succeeded", "failed", "withdrawn"]))
    def end(self, data: st.DataObject, outcome: str) -> None:
        permit = self.permits.pop(data.draw(st.integers(0, len(self.permits) - 1)))
        match outcome:
            case "succeeded":
                self.breaker.succeeded(permit)
            case "failed":
                self.breaker.failed(permit, self.now)
            case _:
                self.breaker.withdrawn(permit)

    @invariant()
    def somebody_can_bring_it_back(self) -> None:
        if not self.permits:
            assert self.breaker.admits(self.now + OPEN_SECONDS)


AnyUse.TestCase.settings = settings(examples(100), stateful_step_count=30)
TestAnyUse = pytest.mark.heavy(AnyUse.TestCase)
