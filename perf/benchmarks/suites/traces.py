"""`guidance bench traces`: what exported traces cost, in processor time and in calls."""

import asyncio
import cProfile
import gc
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager, redirect_stderr
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import sample
from statistics import median
from time import monotonic, process_time, thread_time

import click
import orjson
import uvloop

from app.composition.database_url import database_url
from app.logs import configure_logs
from app.server import make_app
from app.settings import load_settings
from perf.benchmarks.harness.in_process import ALONE, ask, environment
from perf.benchmarks.harness.operations import OPERATIONS
from perf.cli import options
from perf.counting.calls import calls_in
from perf.servers.connection import UnexpectedAnswer
from perf.servers.credentials import tokens_of_people
from perf.servers.in_process import InProcessServer, serving
from perf.statistics.percentiles import percentile

_PEOPLE, _WARM_UP, _COUNTED, _LEAST_ROUNDS, _HUNDRED = 20, 60, 300, 6, 100
_SHARES = {"off": None, "off again": None, "on, none drawn": "0", "1%": "0.01", "all": "1"}
"""The variants, by their share of exported requests; without one nothing is exported."""
Seconds = Mapping[str, list[float]]
"""The seconds of each turn by variant, in the order of the rounds."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What requests took, and the seconds that it took to send a request's trace.

    `calls` are those of a request, in Python and in C.
    """

    seconds: Seconds
    sending_seconds: float
    calls: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Load:
    """What each variant is asked in its turns, and for how long in all."""

    body: bytes
    tokens: Sequence[str]
    requests: int
    seconds: int


@click.command()
@click.option(
    "--operation",
    type=click.Choice([one.name for one in OPERATIONS]),
    default=OPERATIONS[0].name,
    show_default=True,
    help="The operation that is asked for.",
)
@options.number("--seconds", 120, "How long to measure; six rounds at least.", least=1)
@options.number("--requests", 40, "Requests of a turn.", least=10)
def bench_traces(operation: str, seconds: int, requests: int) -> None:
    """What exported traces cost, in processor time and calls.

    On the data of `guidance db seed --profile bench`. In each round every variant has a turn, in
    an order drawn by chance; the collector is another process. A ratio is the median of those of
    the rounds, with its interval of 95%; `off again` shows how much of it is noise. Traces are sent
    by threads of their own, whenever a batch is full, so their time is added in the last line.
    """
    (wanted,) = (one for one in OPERATIONS if one.name == operation)
    settings, secret = load_settings(), secrets.token_hex()
    with (
        database_url(settings) as url,
        _collector() as endpoint,
        Path(os.devnull).open("w") as nowhere,
        redirect_stderr(nowhere),
        environment(DATABASE_URL=url, JWT_SECRET_KEY=secret, **ALONE),
    ):
        configure_logs(is_json=True)
        body = orjson.dumps({"query": wanted.document})
        load = Load(body, tokens_of_people(secret, _PEOPLE), requests, seconds)
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                measured = runner.run(_measured(endpoint, load))
        except UnexpectedAnswer as error:
            raise click.ClickException(f"the server did not answer with data: {error}") from None
    _report(operation, measured, requests)


def _report(operation: str, measured: Measured, requests: int) -> None:
    taken, sending = measured.seconds, measured.sending_seconds * requests
    off, none, every = taken["off"], taken["on, none drawn"], taken["all"]
    click.echo(f"{operation}: {len(off)} rounds of {requests} requests for each variant")
    for name, seconds in taken.items():
        python, in_c = measured.calls[name]
        click.echo(
            f"{name}: {median(seconds) / requests * 1e6:.0f} µs of the processor a request, "
            f"{ratio(seconds, off)} of off; {python:.1f} calls in Python, {in_c:.1f} in C"
        )
    click.echo(f"sending a request's trace: {measured.sending_seconds * 1e6:.0f} µs")
    drawn = [
        one + (other - before + sending) / _HUNDRED
        for one, before, other in zip(off, none, every, strict=True)
    ]
    click.echo(f"1%, by what all cost more than none, and sending: {ratio(drawn, off)} of off")


def ratio(seconds: Sequence[float], off: Sequence[float]) -> str:
    """The median ratio of the rounds, with its interval where there are enough of them."""
    ratios = sorted(one / other for one, other in zip(seconds, off, strict=True))
    found = percentile(ratios, 0.5)
    if found is None:
        return "?"
    low, high = ("?" if bound is None else f"{bound:.3f}" for bound in (found.low, found.high))
    return f"{median(ratios):.3f} ({low} to {high})"


async def _measured(endpoint: str, load: Load) -> Measured:
    async with AsyncExitStack() as stack:
        servers: dict[str, InProcessServer] = {}
        for name, share in _SHARES.items():
            exporting = {"OTEL_TRACES_SAMPLER_ARG": share, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
            with environment(**({} if share is None else exporting)):  # type: ignore[arg-type]  # both are set then
                app = make_app(load_settings())
            servers[name] = await stack.enter_async_context(serving(app))
        for server in servers.values():
            await _turn(server, load, _WARM_UP)
        calls = {name: await _calls(server, load) for name, server in servers.items()}
        # What is there already is not gone through again at some variant's cost.
        gc.freeze()
        before = process_time() - thread_time()
        seconds = await _rounds(servers, load)
        beside = process_time() - thread_time() - before
        exported = len(seconds["all"]) * load.requests * (1 + 1 / _HUNDRED)
        return Measured(seconds, beside / exported, calls)


async def _rounds(servers: Mapping[str, InProcessServer], load: Load) -> Seconds:
    seconds: dict[str, list[float]] = {name: [] for name in servers}
    ends_at, rounds = monotonic() + load.seconds, 0
    while rounds < _LEAST_ROUNDS or monotonic() < ends_at:
        for name in sample(tuple(servers), len(servers)):
            seconds[name].append(await _turn(servers[name], load, load.requests))
        rounds += 1
    return seconds


async def _turn(server: InProcessServer, load: Load, requests: int) -> float:
    began = thread_time()
    for number in range(requests):
        await ask(server, load.body, load.tokens[number % len(load.tokens)])
    return thread_time() - began


async def _calls(server: InProcessServer, load: Load) -> tuple[float, float]:
    profile = cProfile.Profile()
    profile.enable()
    await _turn(server, load, _COUNTED)
    profile.disable()
    python, in_c = (calls / _COUNTED for calls in calls_in(profile).totals)
    return python, in_c


@contextmanager
def _collector() -> Iterator[str]:
    """Run a collector that forgets everything, in a process of its own; gives its address."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_collect, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _collect(connection: "Connection[int, int]") -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Taking)
    connection.send(server.server_address[1])
    server.serve_forever()


class _Taking(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""
