"""A child process (`python -m`) with many readers of replies, and the model that writes them.

It prints the port of its model, reads a `ReadingPlan` as JSON, and then prints four lines: when the
first streams are open, when all are, when reading is over, and the `Delays` as JSON.
"""

import asyncio
import re
import resource
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from time import monotonic

import orjson

from perf.benchmarks.harness.replies import FOLLOW, ChatUser, body_of
from perf.benchmarks.suites.streams.clock_model import ClockModel
from perf.servers.connection import LOOPBACK, UnexpectedAnswer, encode_post

_QUESTION = "What time is it?"
FIRST = 50
"""Streams opened before memory is measured, so that one-time allocations are not counted."""
_AT_A_TIME = 32
_WORDS = re.compile(rb'"text":"([0-9. ]+)"')
_OPENS_SECONDS = 60


@dataclass(frozen=True, slots=True)
class ReadingPlan:
    """What to read: `streams` readers, divided among one reply for each of the `tokens`."""

    port: int
    tokens: Sequence[str]
    streams: int
    seconds: float


@dataclass(slots=True)
class Delays:
    """Delays in seconds of the deltas that the model sent after `since`."""

    since: float = 0.0
    seconds: list[float] = field(default_factory=list)
    lost: int = 0
    """Number of streams that ended early."""

    def note(self, instants: bytes) -> None:
        """Record a delta, whose words are the instants at which the model sent them."""
        now = monotonic()
        self.seconds += [now - at for at in map(float, instants.split()) if at >= self.since]


class _Stream(asyncio.Protocol):
    """One stream of server-sent events."""

    def __init__(self, delays: Delays) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._delays = delays
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        if not self.opened.done():
            if data.startswith(b"HTTP/1.1 200 "):
                self.opened.set_result(None)
            else:
                self.opened.set_exception(UnexpectedAnswer(data))
        *events, self._rest = (self._rest + data).split(b"\n\n")
        for event in events:
            if words := _WORDS.search(event):
                self._delays.note(words[1])

    def connection_lost(self, _error: Exception | None) -> None:
        self._delays.lost += 1


def raise_open_files() -> int:
    """Raise the limit of open files of this process to its maximum, and return that."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


async def _main() -> None:
    raise_open_files()
    every_seconds = float(sys.argv[1])
    async with ClockModel(every_seconds).serving() as port:
        _print_line(f"{port}")
        line = await asyncio.to_thread(sys.stdin.readline)
        delays = await _read(ReadingPlan(**orjson.loads(line)))
        _print_line(orjson.dumps(asdict(delays)).decode())


async def _read(reading: ReadingPlan) -> Delays:
    delays, turn = Delays(), asyncio.Semaphore(_AT_A_TIME)
    people = [ChatUser(token) for token in reading.tokens]
    replies = await asyncio.gather(*(_begin(one, reading.port, turn) for one in people))
    requests = [
        encode_post(
            "/graphql",
            body_of(FOLLOW, reply=reply),
            authorization=f"Bearer {person.token}",
            accept="text/event-stream",
        )
        for person, reply in zip(people, replies, strict=True)
    ]
    opening = [
        _open(reading.port, requests[number % len(requests)], delays, turn)
        for number in range(reading.streams)
    ]
    transports = await asyncio.gather(*opening[:FIRST])
    _print_line("first")
    transports += await asyncio.gather(*opening[FIRST:])
    delays.since = monotonic()
    _print_line("open")
    await asyncio.sleep(reading.seconds)
    ended = Delays(delays.since, list(delays.seconds), delays.lost)
    _print_line("read")
    for transport in transports:
        transport.abort()
    return ended


async def _begin(person: ChatUser, port: int, turn: asyncio.Semaphore) -> str:
    async with turn:
        return await person.send(port, _QUESTION)


async def _open(
    port: int, request: bytes, delays: Delays, turn: asyncio.Semaphore
) -> asyncio.Transport:
    loop = asyncio.get_running_loop()
    async with turn, asyncio.timeout(_OPENS_SECONDS):
        transport, stream = await loop.create_connection(lambda: _Stream(delays), LOOPBACK, port)
        transport.write(request)
        await stream.opened
    return transport


def _print_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_main())
