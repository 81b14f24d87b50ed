"""`guidance bench-profile`: where this server's processor time goes, function by function."""

import asyncio
import cProfile
import os
import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, redirect_stderr
from pathlib import Path
from pstats import Stats
from typing import Any

import click
import orjson
import uvloop
from starlette.types import ASGIApp

from app.database import database_url
from app.logs import configure_logs
from app.server import make_app
from app.settings import load_settings
from perf import options
from perf.benchmarks.operations import OPERATIONS, Operation
from perf.benchmarks.people import tokens_of_people
from perf.benchmarks.wire import UnexpectedAnswer

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
    """Print the functions in which an operation spends most time, on the data of the bench.

    The application is called in this process, one request after the other, without HTTP. Times
    are of the profiler, which makes calls dearer than they are; the number of calls is exact. The
    log is written, to nowhere.
    """
    (wanted,) = (one for one in OPERATIONS if one.name == operation)
    settings, secret = load_settings(), secrets.token_hex()
    with (
        database_url(settings) as url,
        _environment(DATABASE_URL=url, JWT_SECRET_KEY=secret, GRAPHQL_TRACE_SHARE="0"),
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
    stats = Stats(profile)
    calls = stats.total_calls / requests  # type: ignore[attr-defined]  # it has no types
    click.echo(f"{calls:.0f} calls of functions a request")
    stats.strip_dirs().sort_stats("tottime").print_stats(lines)


async def _profiled(
    app: ASGIApp, operation: Operation, tokens: Sequence[str], requests: int
) -> cProfile.Profile:
    body = orjson.dumps({"query": operation.document})
    profile = cProfile.Profile()
    async with _running(app) as state:
        for number in range(_WARM_UP):
            await _ask(app, state, body, tokens[number % len(tokens)])
        profile.enable()
        for number in range(requests):
            await _ask(app, state, body, tokens[number % len(tokens)])
        profile.disable()
    return profile


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


# Any: what ASGI's scopes and messages have in them.
@asynccontextmanager
async def _running(app: ASGIApp) -> AsyncIterator[dict[str, Any]]:
    state: dict[str, Any] = {}
    started, stopping = asyncio.Event(), asyncio.Event()

    async def receive() -> dict[str, str]:
        if started.is_set():
            await stopping.wait()
            return {"type": "lifespan.shutdown"}
        return {"type": "lifespan.startup"}

    async def send(_message: object) -> None:
        started.set()

    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": state}
    living = asyncio.ensure_future(app(scope, receive, send))
    await started.wait()
    try:
        yield state
    finally:
        stopping.set()
        await living


async def _ask(app: ASGIApp, state: dict[str, Any], body: bytes, token: str) -> None:
    """Ask once; raises `UnexpectedAnswer`."""
    sent: list[Any] = []
    received = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        if not received:
            await asyncio.Event().wait()
        return received.pop()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "root_path": "",
        "query_string": b"",
        "client": ("127.0.0.1", 1),
        "headers": [
            (b"content-type", b"application/json"),
            (b"accept", b"application/json"),
            (b"authorization", f"Bearer {token}".encode()),
            (b"content-length", str(len(body)).encode()),
        ],
        "state": dict(state),
    }
    await app(scope, receive, send)
    if sent[0]["status"] != 200 or b'"errors"' in sent[1]["body"]:  # noqa: PLR2004 - OK
        raise UnexpectedAnswer(sent[1]["body"])
