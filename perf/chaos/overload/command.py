"""`guidance chaos overload`: twice the load that a process can carry, from honest clients."""

import asyncio
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import uvloop

from perf.chaos.overload.connections import ConnectionPool
from perf.chaos.overload.load_loops import (
    LoadResult,
    combined,
    percentile_of,
    run_closed_loop,
    run_open_loop,
)
from perf.chaos.overload.requests import mixed_requests
from perf.cli import options
from perf.cli.failures import reporting_not_measured
from perf.dataset.bench.tables import BenchSizes
from perf.servers.credentials import tokens_of_people
from perf.servers.process import WITH_WORKER, Cores, reserve_cores, running_process
from perf.servers.seeded import running_model, seeded_database

LEAST_SHARE = 0.9
MOST_P95_SECONDS, MOST_P99_SECONDS = 0.3, 0.7
PEOPLE = 300
_SIZES = BenchSizes(
    users=PEOPLE,
    conversations_per_user=20,
    users_with_messages=PEOPLE,
    exchanges_per_conversation=5,
    accounts=1,
    usage_days=5,
)
_CALLERS = 32
_WARM_SECONDS = 6.0
_PROBE = 20
_PROBE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class OverloadPlan:
    """How often, how long and by which factor the peak is exceeded, and with which requests.

    `changes` is the share of requests that write.
    """

    rounds: int
    seconds: float
    times: float
    connections: int
    changes: float


@dataclass(frozen=True, slots=True)
class OverloadResult:
    """Answers at the peak, during the overload, and right after it."""

    peak: LoadResult
    over: LoadResult
    recovered: LoadResult

    @property
    def missed(self) -> list[str]:
        """A description of each limit that was missed."""
        p95, p99 = percentile_of(self.over.answered, 0.95), percentile_of(self.over.answered, 0.99)
        share = self.over.rate / self.peak.rate
        limits = (
            (share < LEAST_SHARE, f"answered {share:.0%} of the peak"),
            (p95 > MOST_P95_SECONDS, f"p95 {p95 * 1000:.0f} ms"),
            (p99 > MOST_P99_SECONDS, f"p99 {p99 * 1000:.0f} ms"),
            (bool(self.over.others), f"answered otherwise: {dict(self.over.others)}"),
            (bool(self.over.without_retry_after), "refused without Retry-After"),
            (len(self.recovered.answered) < self.recovered.sent, "refused when it was over"),
        )
        return [words for is_missed, words in limits if is_missed]


@click.command()
@click.option("--rounds", default=8, show_default=True, help="How often the peak is exceeded.")
@click.option("--seconds", default=2.5, show_default=True, help="How long each load goes on.")
@click.option(
    "--times", default=2.0, show_default=True, help="How much more than the peak is offered."
)
@click.option("--connections", default=500, show_default=True, help="Over how many connections.")
@click.option(
    "--changes", default=0.0, show_default=True, help="The part that starts a conversation."
)
@click.option("--out", type=options.FILE, help="Where the table is written, in Markdown.")
def overload(
    *, rounds: int, seconds: float, times: float, connections: int, changes: float, out: Path | None
) -> int:
    """Offer a server twice the load that it can carry.

    The server is started here, and its peak is found first. Exits with 1 unless it then answers at
    least 90% of its peak, with a p95 of at most 300 ms and a p99 of at most 700 ms, refuses the
    rest with 503 and Retry-After, and half a second after the load refuses nobody. The peak is
    measured before and after each overload, as a machine that others use is not equally quick for
    long. The server has a core to itself, also for its peak; everything else shares the others.
    """
    cores = reserve_cores()
    with reporting_not_measured("the server"), running_server(cores=cores) as (port, tokens):
        load = OverloadPlan(rounds, seconds, times, connections, changes)
        found = uvloop.run(overloaded(port, tokens, load))
    text = "\n".join(_lines(found))
    click.echo(text)
    if out is not None:
        out.write_text(f"{text}\n")
    for words in found.missed:
        click.echo(f"MISSED: {words}", err=True)
    return int(bool(found.missed))


async def overloaded(
    port: int, tokens: Sequence[str], load: OverloadPlan, *, warm_seconds: float = _WARM_SECONDS
) -> OverloadResult:
    """Measure the peak, then overload the server, then offer little; repeat for each round."""
    calls, seeds = ConnectionPool(port), count(1)
    over, recovered = [], []

    def requests() -> list[bytes]:
        return mixed_requests(tokens, seed=next(seeds), changes=load.changes)

    async def peak(seconds: float) -> LoadResult:
        return await run_closed_loop(calls, requests(), callers=_CALLERS, seconds=seconds)

    async def offered(rate: float, seconds: float) -> LoadResult:
        return await run_open_loop(calls, requests(), rate=rate, seconds=seconds)

    try:
        await calls.open(load.connections)
        await peak(warm_seconds)
        peaks = [await peak(load.seconds)]
        for _ in range(load.rounds):
            over.append(await offered(load.times * peaks[-1].rate, load.seconds))
            await asyncio.sleep(_PROBE_SECONDS)
            recovered.append(await offered(_PROBE / _PROBE_SECONDS, _PROBE_SECONDS))
            peaks.append(await peak(load.seconds))
    finally:
        await calls.close()
    return OverloadResult(combined(peaks), combined(over), combined(recovered))


@contextmanager
def running_server(
    sizes: BenchSizes = _SIZES, *, cores: Cores = None
) -> Iterator[tuple[int, list[str]]]:
    """Run a server until the block is left; yields its port and tokens of its people."""
    secret = secrets.token_hex()
    with (
        TemporaryDirectory(prefix="guidance-overload-") as folder,
        seeded_database(Path(folder), sizes) as url,
        running_model() as model,
    ):
        environment = {
            "DATABASE_URL": url,
            "CHAT_LLM_BASE_URL": model,
            "GUIDANCE_DATA_DIR": folder,
            "JWT_SECRET_KEY": secret,
        }
        with running_process(WITH_WORKER, environment, cores) as server:
            yield server.port, tokens_of_people(secret, sizes.users)


def _lines(found: OverloadResult) -> Iterator[str]:
    yield (
        "| load | offered a second | answered a second | p50 | p95 | p99 | refused a second |"
        " p95 of refusals | sent late, p95 | otherwise |"
    )
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|---|"
    for name, one in (
        ("peak", found.peak),
        ("over", found.over),
        ("afterwards", found.recovered),
    ):
        cells = (
            name,
            f"{one.sent / one.seconds:.0f}",
            f"{one.rate:.0f}",
            *(f"{percentile_of(one.answered, share) * 1000:.0f} ms" for share in (0.5, 0.95, 0.99)),
            f"{len(one.refused) / one.seconds:.0f}",
            f"{percentile_of(one.refused, 0.95) * 1000:.0f} ms",
            f"{percentile_of(one.lateness, 0.95) * 1000:.0f} ms",
            ", ".join(f"{count} times {what}" for what, count in one.others.items()) or "-",
        )
        yield f"| {' | '.join(cells)} |"
