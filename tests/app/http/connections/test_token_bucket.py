"""So much at once, and so much more each second."""

from dataclasses import dataclass

import pytest

from app.http.connections.limits import WebSocketLimits
from app.http.connections.token_bucket import TokenBucket, frame_cost
from app.http.connections.websocket_limits import TooManyWebSockets, WebSocketRegistry


@dataclass
class Seconds:
    """A clock that is set."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_fills_again_with_time_and_not_beyond() -> None:
    seconds = Seconds()
    bucket = TokenBucket(10, 2, seconds=seconds)
    assert [bucket.take(4), bucket.take(6), bucket.take(1)] == [True, True, False]
    seconds.now = 0.5
    assert [bucket.take(1), bucket.take(1)] == [True, False]
    seconds.now = 100
    assert [bucket.is_full, bucket.take(11), bucket.take(10)] == [True, False, True]


def test_a_frame_takes_one_and_one_for_each_four_kilobytes() -> None:
    assert [frame_cost(size) for size in (0, 4_095, 4_096, 262_144)] == [1, 1, 2, 65]


def test_addresses_that_send_nothing_any_more_are_forgotten() -> None:
    sockets = WebSocketRegistry(WebSocketLimits(address_units=10, address_units_per_second=10**9))
    held = sockets.enter("198.51.100.1")
    for number in range(5_000):
        sockets.leave(sockets.enter(f"10.0.{number // 250}.{number % 250}"))
    assert len(sockets) < 1_100
    assert sockets.enter("198.51.100.1") is held


def test_a_network_has_so_many_sockets() -> None:
    sockets = WebSocketRegistry(WebSocketLimits(max_per_address=2))
    first = sockets.enter("2001:db8::1")
    sockets.enter("2001:db8::2")
    with pytest.raises(TooManyWebSockets, match="too many sockets"):
        sockets.enter("2001:db8::3")
    sockets.enter("2001:db8:0:1::1")
    sockets.leave(first)
    assert sockets.enter("2001:db8::3") is first
