"""`guidance bench streams`: what it takes to keep very many streams open in one process."""

import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from statistics import median, quantiles

import click
import orjson

from app.composition.database_url import database_url
from app.settings import load_settings
from perf.benchmarks.harness.people import people_with_quota
from perf.benchmarks.suites.streams.readers import FIRST, ReadingPlan, raise_open_files
from perf.servers.connection import UnexpectedAnswer
from perf.servers.credentials import tokens_of_people
from perf.servers.process import OURS, PRODUCTION, Server, reserve_cores, running_process

_PEOPLE = 10_000
_SPARE_FILES = 200
_PERCENT = 100
_OPEN = {
    "HTTP_MAX_CONNECTIONS": "100000",
    "HTTP_MAX_CONNECTIONS_PER_ADDRESS": "100000",
    "CHAT_LLM_TIMEOUT_SECONDS": "600",
}


@dataclass(frozen=True, slots=True)
class OpenStreams:
    """What was measured while the streams were open."""

    streams: int
    bytes_each: float
    delays: list[float]
    cpu_seconds: float
    seconds: float
    lost: int

    @property
    def p99_seconds(self) -> float:
        """The 99th percentile of the deltas' delays."""
        return quantiles(self.delays, n=_PERCENT)[-1]


@click.command("streams")
@click.option("--streams", type=click.IntRange(2 * FIRST), default=10_000, show_default=True)
@click.option(
    "--replies",
    type=click.IntRange(1, _PEOPLE),
    default=500,
    show_default=True,
    help="Replies in progress, among which the streams are divided evenly.",
)
@click.option(
    "--every",
    "every_seconds",
    type=click.FloatRange(0.1),
    default=10.0,
    show_default=True,
    help="Seconds from one delta of a reply to the next.",
)
@click.option("--seconds", type=click.FloatRange(1), default=60.0, show_default=True)
def bench_streams(streams: int, replies: int, every_seconds: float, seconds: float) -> None:
    """What ten thousand open streams take, and their delay.

    On the data of `guidance db seed --profile bench`. The server runs on one core, the readers and
    the model, which says the time, on the others.
    """
    if streams + replies + _SPARE_FILES > raise_open_files():
        raise click.ClickException("a process may not have so many connections here")
    try:
        seen = open_streams(streams, replies, every_seconds, seconds)
    except UnexpectedAnswer as error:
        raise click.ClickException(f"this was not to be answered: {error}") from None
    click.echo(
        f"{seen.streams} streams of {replies} replies, {seen.lost} lost\n"
        f"memory: {seen.bytes_each / 1e3:.1f} kB each\n"
        f"{len(seen.delays)} deltas: {median(seen.delays) * 1e3:.0f} ms late (median), "
        f"{seen.p99_seconds * 1e3:.0f} ms (p99)\n"
        f"CPU: {seen.cpu_seconds / len(seen.delays) * 1e6:.0f} us a delta, "
        f"{seen.cpu_seconds / seen.seconds:.0%} of a core"
    )


def open_streams(
    streams: int, replies: int, every_seconds: float, seconds: float, *, url: str | None = None
) -> OpenStreams:
    """Start replies, open streams that follow them, and read these for `seconds`.

    Uses the database at `url`, or the configured one. Raises `UnexpectedAnswer`.
    """
    secret, cores = secrets.token_hex(), reserve_cores()
    with _database(url) as database, _readers(every_seconds) as readers:
        environment = PRODUCTION | {
            "DATABASE_URL": database,
            "JWT_SECRET_KEY": secret,
            "CHAT_LLM_BASE_URL": f"http://127.0.0.1:{_line(readers)}/v1",
        }
        with running_process(OURS, environment | _OPEN, cores) as server:
            asking = people_with_quota(
                server.port, tokens_of_people(secret, _PEOPLE), count=replies, messages=2
            )
            tokens = [person.token for person in asking]
            return _watch(server, readers, ReadingPlan(server.port, tokens, streams, seconds))


def _watch(server: Server, readers: "subprocess.Popen[str]", reading: ReadingPlan) -> OpenStreams:
    assert readers.stdin is not None  # noqa: S101 - it is a pipe
    readers.stdin.write(orjson.dumps(asdict(reading)).decode() + "\n")
    readers.stdin.flush()
    _line(readers)
    before = server.resident_bytes()
    _line(readers)
    cpu_seconds = server.cpu_seconds()
    _line(readers)
    cpu_seconds = server.cpu_seconds() - cpu_seconds
    resident = server.resident_bytes()
    delays = orjson.loads(_line(readers))
    return OpenStreams(
        reading.streams,
        (resident - before) / (reading.streams - FIRST),
        delays["seconds"],
        cpu_seconds,
        reading.seconds,
        delays["lost"],
    )


@contextmanager
def _database(url: str | None) -> Iterator[str]:
    if url is not None:
        yield url
    else:
        with database_url(load_settings()) as own:
            yield own


@contextmanager
def _readers(every_seconds: float) -> Iterator["subprocess.Popen[str]"]:
    """Run the process of readers and model until the block is left."""
    process = subprocess.Popen(
        [sys.executable, "-m", "perf.benchmarks.suites.streams.readers", f"{every_seconds}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.terminate()


def _line(readers: "subprocess.Popen[str]") -> str:
    """The next line of the process; raises `UnexpectedAnswer` if it has ended."""
    assert readers.stdout is not None  # noqa: S101 - it is a pipe
    said = readers.stdout.readline().strip()
    if not said:
        raise UnexpectedAnswer(b"the readers have given up")
    return said
