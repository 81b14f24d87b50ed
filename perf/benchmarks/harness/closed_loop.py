"""A closed loop: a few connections, each of which sends its next request after an answer."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import cycle
from time import perf_counter

import orjson

from perf.benchmarks.harness.operations import Operation
from perf.servers.connection import UnexpectedAnswer, connected, encode_post


async def send(
    port: int, operation: Operation, tokens: Sequence[str], *, requests: int, connections: int
) -> list[float]:
    """Send `requests` in total, alternating between `tokens`, and return each latency in seconds.

    Raises `UnexpectedAnswer` for the first answer that is not 200 or has errors.
    """
    return await exchange(
        port, encode_requests(operation, tokens), requests=requests, connections=connections
    )


def encode_requests(operation: Operation, tokens: Sequence[str]) -> list[bytes]:
    """The request for an operation, once for each token."""
    body = orjson.dumps({"query": operation.document})
    return [
        encode_post("/graphql", body, authorization=f"Bearer {token}", accept="application/json")
        for token in tokens
    ]


async def exchange(
    port: int, offered: Sequence[bytes], *, requests: int, connections: int
) -> list[float]:
    """Send `requests` of those `offered`, in turn; returns and raises what `send` does."""
    turns = cycle(offered)
    waiting = iter(range(requests))
    shares = await asyncio.gather(*(_exchange(port, turns, waiting) for _ in range(connections)))
    return [seconds for share in shares for seconds in share]


async def _exchange(port: int, turns: Iterator[bytes], waiting: Iterator[int]) -> list[float]:
    taken = []
    async with connected(port) as wire:
        for _ in waiting:
            started = perf_counter()
            wire.writer.write(next(turns))
            answer = await wire.answer()
            taken.append(perf_counter() - started)
            if b'"errors"' in answer:
                raise UnexpectedAnswer(answer)
    return taken
