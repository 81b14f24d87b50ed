"""Rules of metered replies."""

from datetime import timedelta

import pytest

from services.metered.rules import remaining_seconds
from tests.fixtures.world import NOW


@pytest.mark.parametrize(
    ("passed", "left"), [(-3, 9), (0, 9), (0.1, 9), (1, 8), (8.5, 1), (9, 0), (100, 0)]
)
def test_what_is_left_of_a_wait_is_told_in_whole_seconds(passed: float, left: int) -> None:
    assert remaining_seconds(9, since=NOW, now=NOW + timedelta(seconds=passed)) == left
