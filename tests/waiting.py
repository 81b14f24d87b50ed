"""Waiting for conditions, from tests that drive other threads and processes."""

from collections.abc import Callable
from time import monotonic, sleep

PATIENCE_SECONDS = 30


def until(condition: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait for a condition; fails when it is not met in `seconds`."""
    deadline = monotonic() + seconds
    while not condition():
        assert monotonic() < deadline, "waited in vain"
        sleep(0.01)
