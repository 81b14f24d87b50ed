"""`guidance bench cache`: the quota without the subscription cache, and with each kind of it."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import perf_counter

import click

from perf.benchmarks.harness.closed_loop import send
from perf.benchmarks.harness.measured_server import Setup, prepared
from perf.benchmarks.harness.operations import QUOTA
from perf.cli import options
from perf.servers.process import OURS, Server, running_process

_CONNECTIONS = 4
_WARM_UP = 400
_PERCENT = 100
_LIFETIME = "BILLING_SUBSCRIPTION_CACHE_TTL_SECONDS"


@dataclass(slots=True)
class _Figures:
    server: Server
    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    taken: list[float] = field(default_factory=list)


@click.command("cache")
@options.requests(500, "Requests for each kind of cache and round.")
@options.rounds(3)
def bench_cache(requests: int, rounds: int) -> None:
    """The quota with the cache off, in memory, in Redis.

    It is the cache of subscriptions; in Redis only where REDIS_URL is set. On the data of `guidance
    db seed --profile bench`.
    """
    with prepared() as setup:
        _compare(setup, requests=requests, rounds=rounds)


def _compare(setup: Setup, *, requests: int, rounds: int) -> None:
    """Measure each kind of cache in turn, and print the medians."""
    kinds = {"off": {_LIFETIME: "0", "REDIS_URL": ""}, "in memory": {"REDIS_URL": ""}}
    if setup.redis_url is not None:
        kinds["in Redis"] = {"REDIS_URL": setup.redis_url}
    with ExitStack() as stack:
        figures = {
            kind: _Figures(
                stack.enter_context(
                    running_process(OURS, {**setup.environment, **settings}, setup.cores)
                )
            )
            for kind, settings in kinds.items()
        }
        for one in figures.values():
            _load(one.server, setup.tokens, _WARM_UP)
        for _ in range(rounds):
            for one in figures.values():
                _measure(one, setup.tokens, requests)
    click.echo(f"{'cache':<12}{'requests/s':>12}{'CPU us':>8}{'p50 ms':>8}{'p99 ms':>8}")
    for kind, one in figures.items():
        cuts = quantiles(one.taken, n=_PERCENT)
        click.echo(
            f"{kind:<12}{median(one.rates):>12.0f}{median(one.costs) * 1e6:>8.0f}"
            f"{cuts[49] * 1e3:>8.2f}{cuts[98] * 1e3:>8.2f}"
        )
    if setup.redis_url is None:
        click.echo("Set REDIS_URL to measure the cache in Redis too.")


def _measure(figures: _Figures, tokens: Sequence[str], requests: int) -> None:
    cpu_before, started = figures.server.cpu_seconds(), perf_counter()
    figures.taken += _load(figures.server, tokens, requests)
    figures.rates.append(requests / (perf_counter() - started))
    figures.costs.append((figures.server.cpu_seconds() - cpu_before) / requests)


def _load(server: Server, tokens: Sequence[str], requests: int) -> list[float]:
    return asyncio.run(
        send(server.port, QUOTA, tokens, requests=requests, connections=_CONNECTIONS)
    )
