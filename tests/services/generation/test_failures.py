"""What is said of a reply that failed."""

from datetime import timedelta

import pytest

from services.generation.failures import remaining_seconds
from tests.fixtures.stores.world import NOW


@pytest.mark.parametrize(
    ("passed", "left"),
    [(0, 9), (0.1, 9), (1, 8), (8.5, 1), (9, 0), (100, 0), (-(2**31), 2**31 - 1)],
)
def test_the_rest_of_a_wait_is_given_in_whole_seconds(passed: float, left: int) -> None:
    retry_at = NOW + timedelta(seconds=9)
    assert remaining_seconds(retry_at, NOW + timedelta(seconds=passed)) == left
