"""Invalidations that could not be delivered."""

from itertools import count

from cache.pending_invalidations import KEPT_SECONDS, PendingInvalidations


def test_what_is_not_delivered_is_kept_as_long_as_it_matters() -> None:
    now = count(0, int(KEPT_SECONDS / 2))
    pending = PendingInvalidations(lambda: float(next(now)))
    pending.add(["a", "b"])
    first = pending.some()
    pending.add(["b", "c"])
    assert list(pending.some()) == ["a", "b", "c"]
    # b was changed again after what is delivered here.
    pending.delivered(first)
    assert list(pending.some()) == ["b", "c"]
    pending.add(["d"])
    assert list(pending.some()) == ["b", "c", "d"]
    pending.add(["e"])
    assert list(pending.some()) == ["d", "e"]
