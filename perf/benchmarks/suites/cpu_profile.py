"""`guidance bench profile`: where this server's processor time goes, function by function."""

import asyncio
import cProfile
import os
import secrets
from collections.abc import Sequence
from contextlib import redirect_stderr
from pathlib import Path
from pstats import Stats

import click
import orjson
import uvloop
from starlette.types import ASGIApp

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
from perf.servers.in_process import serving

_PEOPLE = 20
_WARM_UP = 60


@click.command()
@click.option(
    "--operation",
    type=click.Choice([one.name for one in OPERATIONS]),
    default=OPERATIONS[0].name,
    show_default=True,
    help="The operation that is asked for.",
)
@options.number("--requests", 500, "How often.", least=20)
@options.number("--lines", 10, "How many.")
def bench_profile(operation: str, requests: int, lines: int) -> None:
    """The functions in which an operation spends most time.

    On the data of `guidance db seed --profile bench`. The server is asked in this process, one
    request after the other, without a network, and its calls are counted as the gate counts them.
    Times are of the profiler, which makes calls dearer than they are; the number of calls is exact.
    The log is written, to nowhere.
    """
    (wanted,) = (one for one in OPERATIONS if one.name == operation)
    settings, secret = load_settings(), secrets.token_hex()
    with (
        database_url(settings) as url,
        environment(DATABASE_URL=url, JWT_SECRET_KEY=secret, **ALONE),
        Path(os.devnull).open("w") as nowhere,
        redirect_stderr(nowhere),
    ):
        configure_logs(is_json=True)
        app = make_app(load_settings())
        tokens = tokens_of_people(secret, _PEOPLE)
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                profile = runner.run(_profiled(app, wanted, tokens, requests))
        except UnexpectedAnswer as error:
            raise click.ClickException(f"the server did not answer with data: {error}") from None
    python, in_c = (calls / requests for calls in calls_in(profile).totals)
    click.echo(f"{python:.0f} calls of functions in Python and {in_c:.0f} in C a request")
    stats = Stats(profile)
    stats.strip_dirs().sort_stats("tottime").print_stats(lines)


async def _profiled(
    app: ASGIApp, operation: Operation, tokens: Sequence[str], requests: int
) -> cProfile.Profile:
    body = orjson.dumps({"query": operation.document})
    profile = cProfile.Profile()
    async with serving(app) as server:
        for number in range(_WARM_UP):
            await ask(server, body, tokens[number % len(tokens)])
        profile.enable()
        for number in range(requests):
            await ask(server, body, tokens[number % len(tokens)])
        profile.disable()
    return profile
