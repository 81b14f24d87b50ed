"""Requests, one after another on each of a few connections that stay open."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import cycle
from time import perf_counter

import orjson

from perf.benchmarks.operations import Operation

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"


class UnexpectedAnswer(Exception):
    """The server answered with anything but data."""


async def send(
    port: int, operation: Operation, tokens: Sequence[str], *, requests: int, connections: int
) -> list[float]:
    """Send `requests` in all, as the people of `tokens` in turn, and give the seconds of each.

    Raises `UnexpectedAnswer` for the first answer that is not 200 or has errors.
    """
    people = cycle(tokens)
    waiting = iter(range(requests))
    shares = await asyncio.gather(
        *(_send(port, operation, people, waiting) for _ in range(connections))
    )
    return [seconds for share in shares for seconds in share]


async def _send(
    port: int, operation: Operation, people: Iterator[str], waiting: Iterator[int]
) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = orjson.dumps({"query": operation.document})
    taken = []
    for _ in waiting:
        started = perf_counter()
        writer.write(_head(next(people), len(body)) + body)
        _check(*await _read(reader))
        taken.append(perf_counter() - started)
    writer.close()
    await writer.wait_closed()
    return taken


def _head(token: str, length: int) -> bytes:
    return (
        f"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n"
        f"accept: application/json\r\ncontent-type: application/json\r\n"
        f"content-length: {length}\r\n\r\n"
    ).encode()


async def _read(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(_END_OF_HEAD)
    lines = head.lower().split(b"\r\n")
    length = next(line.removeprefix(_LENGTH) for line in lines if line.startswith(_LENGTH))
    return head, await reader.readexactly(int(length))


def _check(head: bytes, body: bytes) -> None:
    if not head.startswith(b"HTTP/1.1 200 ") or b'"errors"' in body:
        raise UnexpectedAnswer(body[:500].decode(errors="replace"))
