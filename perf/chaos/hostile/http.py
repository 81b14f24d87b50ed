"""The attacker's HTTP client: connections from chosen addresses, and ways to flood them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count
from typing import Any

import orjson

from perf.chaos.hostile.attack import AttackTarget, Tally
from perf.servers.connection import HttpConnection, encode_post

PLACEHOLDER = "@@@@@@@@"
"""The placeholder in a `Template` that is replaced by a number unique to each request."""
_BEFORE_AGAIN_SECONDS = 0.02
_STATUS = b"HTTP/1.1 "
_LOST = (OSError, EOFError, ValueError, asyncio.LimitOverrunError)


@dataclass(frozen=True, slots=True)
class Template:
    """The bytes of a request in which each `PLACEHOLDER` becomes a unique number."""

    request: bytes

    def __iter__(self) -> Iterator[bytes]:
        """Yield requests without end."""
        parts = self.request.split(PLACEHOLDER.encode())
        return ((b"%08d" % number).join(parts) for number in count(10_000_000))


# Any: variables are JSON.
def asking(query: str, *, variables: Any = None, **headers: str) -> Template:
    """A request for an operation."""
    body = orjson.dumps({"query": query, "variables": variables or {}})
    return Template(encode_post("/graphql", body, **headers))


@asynccontextmanager
async def connected(target: AttackTarget, number: int = 0) -> AsyncIterator[HttpConnection]:
    """Connect from one of the attacker's addresses; raises `OSError`."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", target.port, local_addr=(target.address(number), 0)
    )
    try:
        yield HttpConnection(reader, writer)
    finally:
        writer.transport.abort()


async def send_in_turn(
    target: AttackTarget, tally: Tally, requests: Iterator[bytes], number: int = 0
) -> None:
    """Send requests one after another, each after an answer, and reconnect when closed."""
    while True:
        try:
            async with connected(target, number) as wire:
                while True:
                    wire.writer.write(next(requests))
                    tally.note((await wire.response()).status)
        except _LOST:
            tally.note("closed")
            await asyncio.sleep(_BEFORE_AGAIN_SECONDS)


async def send_pipelined(
    target: AttackTarget, tally: Tally, requests: Iterator[bytes], number: int = 0
) -> None:
    """Send requests as fast as the server reads them, without waiting for answers."""
    while True:
        try:
            async with connected(target, number) as wire, asyncio.TaskGroup() as group:
                group.create_task(_count_statuses(wire, tally))
                while True:
                    wire.writer.write(next(requests))
                    await wire.writer.drain()
                    await asyncio.sleep(0)
        except* (*_LOST, _Ended):
            tally.note("closed")
        await asyncio.sleep(_BEFORE_AGAIN_SECONDS)


def from_connections(
    requests: Template,
    *,
    connections: int,
    addresses: int = 1,
    send: Callable[[AttackTarget, Tally, Iterator[bytes], int], Any] = send_in_turn,
) -> Callable[[AttackTarget, Tally], Any]:
    """An attack over several connections from several addresses."""

    async def run(target: AttackTarget, tally: Tally) -> None:
        made = iter(requests)
        await run_together(
            send(target, tally, made, number % addresses) for number in range(connections)
        )

    return run


async def run_together(parts: Iterable[Any]) -> None:
    """Run all coroutines until this is cancelled."""
    async with asyncio.TaskGroup() as group:
        for part in parts:
            group.create_task(part)


async def read_until_closed(wire: HttpConnection, tally: Tally) -> None:
    """Read until the server closes, and record the status it sent."""
    said = b""
    with suppress(OSError):
        while piece := await wire.reader.read(65_536):
            said = (said + piece)[:1_000]
    tally.note(f"{_status_in(said)} and closed" if said else "closed")


class _Ended(Exception):
    """The server has closed the connection."""


async def _count_statuses(wire: HttpConnection, tally: Tally) -> None:
    rest = b""
    while piece := await wire.reader.read(262_144):
        *lines, rest = (rest + piece).split(b"\r\n")
        for line in lines:
            at = line.find(_STATUS)
            if at >= 0:
                tally.note(int(line[at + len(_STATUS) :][:3]))
    raise _Ended


def _status_in(said: bytes) -> str:
    return said[9:12].decode("latin-1") if said.startswith(_STATUS) else "bytes"
