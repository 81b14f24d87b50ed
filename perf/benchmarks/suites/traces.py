"""`guidance bench traces`: what exported traces cost, in processor time and in calls."""

import asyncio
import cProfile
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager, redirect_stderr
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from time import process_time

import click
import orjson
import uvloop

from app.composition.database_url import database_url
from app.logs import configure_logs
from app.server import make_app
from app.settings import load_settings
from perf.benchmarks.harness.in_process import ALONE, ask, environment
from perf.benchmarks.harness.operations import OPERATIONS, Operation
from perf.cli import options
from perf.counting.calls import calls_in
from perf.servers.connection import UnexpectedAnswer
from perf.servers.credentials import tokens_of_people
from perf.servers.in_process import InProcessServer, serving

_PEOPLE, _WARM_UP, _COUNTED = 20, 60, 200
_SHARES = {"off": None, "on, none drawn": "0", "1%": "0.01", "all": "1"}
"""The variants, by their share of exported requests; without one nothing is exported."""


@click.command()
@click.option(
    "--operation",
    type=click.Choice([one.name for one in OPERATIONS]),
    default=OPERATIONS[0].name,
    show_default=True,
    help="The operation that is asked for.",
)
@options.number("--rounds", 20, "How often each variant has its turn.", least=3)
@options.number("--requests", 200, "Requests of a turn.", least=20)
def bench_traces(operation: str, rounds: int, requests: int) -> None:
    """What exported traces cost, in processor time and calls.

    On the data of `guidance db seed --profile bench`. The time is that of all threads, so that
    batching and sending are in it; the collector is another process. The ratio is the median of
    those of the rounds.
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
        tokens = tokens_of_people(secret, _PEOPLE)
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                seconds, calls = runner.run(
                    _measured(endpoint, wanted, tokens, rounds=rounds, requests=requests)
                )
        except UnexpectedAnswer as error:
            raise click.ClickException(f"the server did not answer with data: {error}") from None
    for name, taken in seconds.items():
        ratios = [one / off for one, off in zip(taken, seconds["off"], strict=True)]
        python, in_c = calls[name]
        click.echo(
            f"{name}: {median(taken) / requests * 1e6:.0f} µs of the processor a request, "
            f"{median(ratios):.3f} of off; {python:.1f} calls in Python, {in_c:.1f} in C"
        )


async def _measured(
    endpoint: str, operation: Operation, tokens: Sequence[str], *, rounds: int, requests: int
) -> tuple[Mapping[str, list[float]], Mapping[str, tuple[float, float]]]:
    """The seconds of each turn, and the calls of a request, by variant."""
    body = orjson.dumps({"query": operation.document})
    async with AsyncExitStack() as stack:
        servers: dict[str, InProcessServer] = {}
        for name, share in _SHARES.items():
            exporting = {"OTEL_TRACES_SAMPLER_ARG": share, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
            with environment(**({} if share is None else exporting)):  # type: ignore[arg-type]  # both are set then
                app = make_app(load_settings())
            servers[name] = await stack.enter_async_context(serving(app))
        for server in servers.values():
            await _turn(server, body, tokens, _WARM_UP)
        seconds: dict[str, list[float]] = {name: [] for name in servers}
        for _ in range(rounds):
            for name, server in servers.items():
                seconds[name].append(await _turn(server, body, tokens, requests))
        calls = {name: await _calls(server, body, tokens) for name, server in servers.items()}
    return seconds, calls


async def _turn(
    server: InProcessServer, body: bytes, tokens: Sequence[str], requests: int
) -> float:
    began = process_time()
    for number in range(requests):
        await ask(server, body, tokens[number % len(tokens)])
    return process_time() - began


async def _calls(
    server: InProcessServer, body: bytes, tokens: Sequence[str]
) -> tuple[float, float]:
    profile = cProfile.Profile()
    profile.enable()
    await _turn(server, body, tokens, _COUNTED)
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
