"""The trial on a running cluster: a standby that is far behind, and one that follows closely."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import sleep
from urllib.request import urlopen

import psutil

from perf.chaos.people_of_cluster import make_people
from perf.chaos.stale_reads.people import Pairs, read_mostly, write_and_read
from perf.servers.cluster.cluster import Cluster
from perf.servers.cluster.postgres import PostgresServer
from perf.servers.cluster.service import wait_for

PEOPLE = 20
_METRICS_AGE_SECONDS = 1.1
"""What /metrics answers may be a second old."""
_READS = re.compile(
    r'^guidance_database_replica_reads_total\{source="(\w+)"\} (\S+)$', re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class StaleReadsPlan:
    """How many pairs of a write and a read there are, by the delay of the standby."""

    delayed_pairs: int
    close_pairs: int
    requests: int
    delay_seconds: float


@dataclass(frozen=True, slots=True)
class StaleReadsResult:
    """What was stale, where reads went, and how processor time was shared.

    `relief` is how many times as much the primary could carry as without the replica, if processor
    time is what limits it: the time of both servers over the primary's.
    """

    delayed: Pairs
    delayed_sources: Counter[str]
    close: Pairs
    close_sources: Counter[str]
    relief: float

    @property
    def replica_share(self) -> float:
        """The share of eligible reads that the replica answered while it followed closely."""
        return self.close_sources["replica"] / max(1, self.close_sources.total())


def run_trial(plan: StaleReadsPlan, cluster: Cluster) -> StaleReadsResult:
    """Run it; raises `UnexpectedAnswer` if an instance refuses anything."""
    people = make_people(cluster, PEOPLE)
    _let_catch_up(cluster)
    with _counting(people.urls) as delayed_sources, _delayed(cluster, plan.delay_seconds):
        delayed = asyncio.run(write_and_read(people, -(-plan.delayed_pairs // PEOPLE)))
    _let_catch_up(cluster)
    with _counting(people.urls) as close_sources:
        close = asyncio.run(write_and_read(people, -(-plan.close_pairs // PEOPLE)))
    _let_catch_up(cluster)
    before = _processor_seconds(cluster)
    asyncio.run(read_mostly(people, -(-plan.requests // PEOPLE)))
    after = _processor_seconds(cluster)
    of_primary, of_standby = (now - then for now, then in zip(after, before, strict=True))
    relief = (of_primary + of_standby) / of_primary
    return StaleReadsResult(delayed, delayed_sources, close, close_sources, relief)


@contextmanager
def _delayed(cluster: Cluster, seconds: float) -> Iterator[None]:
    """The standby replays each transaction so long after it was committed."""
    _set(cluster.standby, f"ALTER SYSTEM SET recovery_min_apply_delay = '{seconds}s'")
    try:
        yield
    finally:
        _set(cluster.standby, "ALTER SYSTEM RESET recovery_min_apply_delay")


def _set(server: PostgresServer, command: str) -> None:
    server.run(command)
    server.run("SELECT pg_reload_conf()")


def _let_catch_up(cluster: Cluster) -> None:
    written = cluster.primary.run("SELECT pg_current_wal_insert_lsn()::text")
    reached = f"SELECT pg_last_wal_replay_lsn() >= '{written}'::pg_lsn"
    wait_for(lambda: bool(cluster.standby.run(reached)), "the standby does not catch up")


@contextmanager
def _counting(urls: Sequence[str]) -> Iterator[Counter[str]]:
    """Counts where the instances read while the block runs."""
    counted: Counter[str] = Counter()
    sleep(_METRICS_AGE_SECONDS)
    before = _sources(urls)
    yield counted
    sleep(_METRICS_AGE_SECONDS)
    counted.update(_sources(urls) - before)


def _sources(urls: Sequence[str]) -> Counter[str]:
    sources: Counter[str] = Counter()
    for url in urls:
        with urlopen(f"{url}/metrics", timeout=5) as answer:  # noqa: S310 - http on the loopback
            for source, count in _READS.findall(answer.read().decode()):
                sources[source] += round(float(count))
    return sources


def _processor_seconds(cluster: Cluster) -> list[float]:
    """Of the primary and of the standby, with the processes that have ended."""
    servers = [psutil.Process(one.pid) for one in (cluster.primary, cluster.standby)]
    return [
        sum(server.cpu_times()[:4]) + sum(sum(one.cpu_times()[:2]) for one in server.children())
        for server in servers
    ]
