"""Requests, one after another on each of a few connections that stay open."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import cycle
from time import perf_counter

import orjson

from perf.benchmarks.operations import Operation
from perf.benchmarks.wire import UnexpectedAnswer, connected, posted


async def send(
    port: int, operation: Operation, tokens: Sequence[str], *, requests: int, connections: int
) -> list[float]:
    """Send `requests` in all, as the people of `tokens` in turn, and give the seconds of each.

    Raises `UnexpectedAnswer` for the first answer that is not 200 or has errors.
    """
    return await exchange(
        port, asked(operation, tokens), requests=requests, connections=connections
    )


def asked(operation: Operation, tokens: Sequence[str]) -> list[bytes]:
    """The request for an operation in the name of each of the people of `tokens`."""
    body = orjson.dumps({"query": operation.document})
    return [
        posted("/graphql", body, authorization=f"Bearer {token}", accept="application/json")
        for token in tokens
    ]


async def exchange(
    port: int, offered: Sequence[bytes], *, requests: int, connections: int
) -> list[float]:
    """Send so many `requests` of those `offered`, in turn; gives and raises as `send` does."""
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
