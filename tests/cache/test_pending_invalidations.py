"""Invalidations that could not be delivered."""

from itertools import count

from cache.pending_invalidations import MOST_AGE_SECONDS, PendingInvalidations


def test_what_is_not_delivered_is_kept_as_long_as_it_matters() -> None:
    now = count(0, int(MOST_AGE_SECONDS / 2))
    pending = PendingInvalidations(lambda: float(next(now)))
    pending.add(["a", "b"])
    first = pending.batch()
    pending.add(["b", "c"])
    assert list(pending.batch()) == ["a", "b", "c"]
    # b was changed again after what is delivered here.
    pending.discard(first)
    assert list(pending.batch()) == ["b", "c"]
    pending.add(["d"])
    assert list(pending.batch()) == ["b", "c", "d"]
    pending.add(["e"])
    assert list(pending.batch()) == ["d", "e"]
