"""The server's clock: trusted from the newest connection on, and not ahead of itself."""

from keyvalue import ServerClock

SECOND = 1_000_000


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_nothing_is_trusted_before_a_connection_is_open() -> None:
    assert not ServerClock().is_trusted(1)


def test_what_was_stamped_since_is_trusted_and_ages() -> None:
    seconds = Seconds()
    clock = ServerClock(seconds)
    clock.reset([b"100", b"5"])
    seconds.now = 3
    assert not clock.is_trusted(100 * SECOND + 5)
    assert clock.is_trusted(100 * SECOND + 6)
    assert clock.age_seconds(100 * SECOND + 5) == 3
    assert clock.age_seconds(102 * SECOND + 5) == 1


def test_what_is_to_come_is_not_trusted_but_for_clocks_that_drift() -> None:
    clock = ServerClock(Seconds())
    clock.reset([b"100", b"0"])
    assert clock.is_trusted(100 * SECOND + SECOND // 2)
    assert not clock.is_trusted(101 * SECOND)


def test_a_server_whose_clock_jumped_is_believed_what_it_stamps_now() -> None:
    clock = ServerClock(Seconds())
    clock.reset([b"100", b"0"])
    assert not clock.is_trusted(3_700 * SECOND)
    clock.observe(3_700 * SECOND)
    assert clock.is_trusted(3_700 * SECOND)
    assert clock.age_seconds(100 * SECOND) == 3_600
    # Back again: what was stamped in between is to come.
    clock.reset([b"101", b"0"])
    assert not clock.is_trusted(3_700 * SECOND)
    # A clock that is behind the newest connection makes nothing trusted that is older than that.
    clock.observe(50 * SECOND)
    assert not clock.is_trusted(50 * SECOND)
