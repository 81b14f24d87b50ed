"""Servers compared on the same operations in turn, so that noise affects all of them alike."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

import click

from perf.benchmarks.harness.closed_loop import exchange
from perf.servers.process import Server

_WARM_UP = 200
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Contender:
    """A server, and by operation the requests that it is sent."""

    server: Server
    requests: Mapping[str, Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class RequestPlan:
    """Requests for each operation and round, and over how many connections."""

    requests: int
    rounds: int
    connections: int


@dataclass(slots=True)
class _Figures:
    """Processor seconds for each request by round, and every latency in seconds."""

    costs: list[float] = field(default_factory=list)
    taken: list[float] = field(default_factory=list)


def compare(contenders: Sequence[Contender], baseline: str, load: RequestPlan) -> None:
    """Print what each operation costs each server, and the ratio to the baseline.

    Raises `UnexpectedAnswer` for the first answer without data.
    """
    click.echo(
        f"{'operation':<20}{'server':<20}{'CPU us':>8}{'p50 ms':>8}{'p99 ms':>8}{'ratio':>8}"
    )
    for operation in contenders[0].requests:
        figures = _measured(contenders, operation, load)
        for name, one in figures.items():
            cost, cuts = median(one.costs), quantiles(one.taken, n=_PERCENT)
            click.echo(
                f"{operation:<20}{name:<20}{cost * 1e6:>8.0f}{cuts[49] * 1e3:>8.2f}"
                f"{cuts[98] * 1e3:>8.2f}{cost / median(figures[baseline].costs):>8.2f}"
            )


def _measured(
    contenders: Sequence[Contender], operation: str, load: RequestPlan
) -> dict[str, _Figures]:
    figures = {one.server.name: _Figures() for one in contenders}
    for one in contenders:
        _exchange(one, operation, _WARM_UP, load.connections)
    for _ in range(load.rounds):
        for one in contenders:
            before = one.server.cpu_seconds()
            taken = _exchange(one, operation, load.requests, load.connections)
            spent = one.server.cpu_seconds() - before
            figures[one.server.name].costs.append(spent / load.requests)
            figures[one.server.name].taken += taken
    return figures


def _exchange(contender: Contender, operation: str, requests: int, connections: int) -> list[float]:
    offered = contender.requests[operation]
    return asyncio.run(
        exchange(contender.server.port, offered, requests=requests, connections=connections)
    )
