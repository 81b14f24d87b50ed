"""Streams are ended from outside, and show that they live, without a task of their own."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from app.graphql.transports.cancel_scope import CancelScope
from app.graphql.transports.credential_expiry import CredentialExpiry
from app.graphql.transports.heartbeats import Heartbeats, try_send
from app.http.shutdown import ShutdownEvent
from tests.fixtures.stores.world import NOW


class Quiet:
    """Notes when it was looked at, and what it is asked."""

    def __init__(self) -> None:
        self.requested: list[float] = []
        self.is_looked_at = asyncio.Event()

    def beat_if_silent_since(self, instant: float) -> None:
        self.requested.append(instant)
        self.is_looked_at.set()


async def test_what_is_cut_off_ends_quietly() -> None:
    cutoff = CancelScope()
    asyncio.get_running_loop().call_soon(cutoff.cancel)
    with cutoff:
        await asyncio.Event().wait()
        pytest.fail("it was not cut off")
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    cutoff.cancel()  # it has ended
    await asyncio.sleep(0)


async def test_somebody_elses_cancellation_goes_on() -> None:
    began = asyncio.Event()

    async def waiting() -> None:
        with CancelScope() as cutoff:
            asyncio.get_running_loop().call_soon(cutoff.cancel)
            began.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(waiting())
    await began.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()


async def test_each_is_looked_at_before_it_was_silent_too_long() -> None:
    loop, seconds = asyncio.get_running_loop(), 0.04
    heartbeats, streams = Heartbeats(seconds), [Quiet() for _ in range(3)]
    began = loop.time()
    for stream in streams:
        heartbeats.add(stream)
    heartbeats.remove(streams[2])
    await streams[1].is_looked_at.wait()
    looked = loop.time()
    assert (len(streams[0].requested), len(streams[2].requested)) == (1, 0)
    # Silent for three quarters, and looked at each quarter: never silent for longer.
    assert began - seconds <= streams[0].requested[0] <= looked - seconds * 3 / 4
    heartbeats.remove(streams[0])
    streams[1].is_looked_at.clear()
    await streams[1].is_looked_at.wait()
    assert (len(streams[0].requested), len(streams[1].requested)) == (1, 2)
    heartbeats.remove(streams[1])
    heartbeats.remove(streams[1])


async def test_a_credential_ends_by_the_clock() -> None:
    now, ended = NOW, asyncio.Event()
    expires_at = (NOW + timedelta(milliseconds=1)).timestamp()
    CredentialExpiry(expires_at, lambda: now, ended.set).cancel()
    CredentialExpiry(expires_at, lambda: now, ended.set)
    for _ in range(5):
        await asyncio.sleep(0.001)
    assert not ended.is_set()  # the clock stands still
    now = NOW + timedelta(milliseconds=1)
    await ended.wait()
    over = asyncio.Event()
    CredentialExpiry(NOW.timestamp(), lambda: now, over.set)
    await over.wait()


def test_who_listens_is_called_once_when_the_server_stops() -> None:
    stopping, called = ShutdownEvent(), list[str]()

    def first() -> None:
        called.append("first")

    def second() -> None:
        called.append("second")

    stopping.listen(first)
    stopping.listen(second)
    stopping.ignore(second)
    stopping.ignore(second)
    stopping.set()
    stopping.set()
    assert called == ["first"]
    stopping.listen(second)
    assert called == ["first", "second"]


async def test_a_sign_of_life_is_sent_at_once_or_not_at_all() -> None:
    happened: list[str] = []

    async def send(room: asyncio.Event) -> None:
        try:
            await room.wait()
            happened.append("sent")
        finally:
            happened.append("ended")

    room = asyncio.Event()
    assert not try_send(send(room))
    room.set()
    assert try_send(send(room))
    assert happened == ["ended", "sent", "ended"]
