"""Waits grow, keep their jitter at the cap, and never undercut what the model asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.llm.configuration import RetryPolicy
from clients.llm.resilience.backoff import backoff_wait_seconds

DEFAULT = RetryPolicy(
    retry_count=2, backoff_seconds=0.2, backoff_max_seconds=1.5, jitter_seconds=0.1
)
NO_WAITING = RetryPolicy(
    retry_count=2, backoff_seconds=0, backoff_max_seconds=1.5, jitter_seconds=0
)
seconds = st.floats(0, 100)
policies = st.builds(
    RetryPolicy,
    retry_count=st.just(9),
    backoff_seconds=seconds,
    backoff_max_seconds=seconds,
    jitter_seconds=seconds,
)
retries = st.integers(1, 10_000)
chances = st.floats(0, 1)


@pytest.mark.parametrize(
    ("retry", "least", "most"),
    [(1, 0.2, 0.3), (2, 0.4, 0.5), (3, 0.8, 0.9), (4, 1.4, 1.5), (5, 1.4, 1.5), (99, 1.4, 1.5)],
)
def test_a_wait_doubles_up_to_the_longest(retry: int, least: float, most: float) -> None:
    waits = [
        backoff_wait_seconds(DEFAULT, retry, retry_after_seconds=None, chance=chance)
        for chance in (0, 1)
    ]
    assert waits == pytest.approx([least, most])


@pytest.mark.parametrize("retry", [1, 2, 50])
def test_without_backoff_and_jitter_nothing_is_waited(retry: int) -> None:
    assert backoff_wait_seconds(NO_WAITING, retry, retry_after_seconds=None, chance=1) == 0
    assert backoff_wait_seconds(NO_WAITING, retry, retry_after_seconds=2.0, chance=1) == 2


@given(policies, retries, chances)
def test_no_wait_is_longer_than_the_longest(policy: RetryPolicy, retry: int, chance: float) -> None:
    wait = backoff_wait_seconds(policy, retry, retry_after_seconds=None, chance=chance)
    assert 0 <= wait <= policy.backoff_max_seconds * (1 + 1e-9)


@given(policies, retries, chances, seconds)
def test_what_the_model_asks_for_is_never_undercut(
    policy: RetryPolicy, retry: int, chance: float, connected: float
) -> None:
    assert (
        backoff_wait_seconds(policy, retry, retry_after_seconds=connected, chance=chance)
        >= connected
    )


@given(policies, retries)
def test_chance_has_its_say_at_every_step(policy: RetryPolicy, retry: int) -> None:
    waits = [
        backoff_wait_seconds(policy, retry, retry_after_seconds=None, chance=chance)
        for chance in (0, 1)
    ]
    assert waits[1] - waits[0] == pytest.approx(
        min(policy.jitter_seconds, policy.backoff_max_seconds)
    )
