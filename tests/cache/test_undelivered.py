"""Invalidations that could not be delivered."""

from itertools import count

from cache.undelivered import KEPT_SECONDS, Undelivered


def test_what_is_not_delivered_is_kept_as_long_as_it_matters() -> None:
    now = count(0, int(KEPT_SECONDS / 2))
    undelivered = Undelivered(lambda: float(next(now)))
    undelivered.add(["a", "b"])
    first = undelivered.some()
    undelivered.add(["b", "c"])
    assert list(undelivered.some()) == ["a", "b", "c"]
    # b was changed again after what is delivered here.
    undelivered.delivered(first)
    assert list(undelivered.some()) == ["b", "c"]
    undelivered.add(["d"])
    assert list(undelivered.some()) == ["b", "c", "d"]
    undelivered.add(["e"])
    assert list(undelivered.some()) == ["d", "e"]
