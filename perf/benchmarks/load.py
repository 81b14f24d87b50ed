"""Requests, one after another on each of a few connections that stay open."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import cycle
from time import perf_counter

import orjson

from perf.benchmarks.operations import Operation
from perf.benchmarks.wire import UnexpectedAnswer, connected


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
    body = orjson.dumps({"query": operation.document})
    taken = []
    async with connected(port) as wire:
        for _ in waiting:
            started = perf_counter()
            bearer = f"Bearer {next(people)}"
            wire.post("/graphql", body, authorization=bearer, accept="application/json")
            answer = await wire.answer()
            taken.append(perf_counter() - started)
            if b'"errors"' in answer:
                raise UnexpectedAnswer(answer)
    return taken
