"""Measure each tuning off and on: two servers side by side, on copies of one database."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from math import inf
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from perf.comparisons.ab.interleaving import PILOT_ROUNDS, StopRule
from perf.comparisons.ab.measured_servers import by_mix
from perf.comparisons.ab.rounds import ComparisonPlan, Measured, measure
from perf.comparisons.ab.servers import database_of, run
from perf.comparisons.tunings.double_lookup import double_lookup
from perf.comparisons.tunings.indexes import drop_indexes, performance_indexes
from perf.comparisons.tunings.outages import Outages, OutageServer, measure_outages
from perf.dataset.bench.tables import BenchSizes
from perf.load.workload.callers import Callers
from perf.load.workload.flows import FLOWS, Flow
from perf.servers.seeded import (
    THIS_VERSION,
    ServerUnderTest,
    Version,
    running_model,
    server_on_database,
)
from perf.sweep.server import INSTANT_MODEL

_OFF_CACHE = {"BILLING_SUBSCRIPTION_CACHE_TTL_SECONDS": "0"}
_OFF_BACKOFF = {
    "CHAT_LLM_RETRY_BACKOFF_SECONDS": "0",
    "CHAT_LLM_RETRY_JITTER_SECONDS": "0",
}
_QUICK = ("CurrentSubscription", "ConversationPage", "PrivacyExportStatus", "EnterpriseUsage")
_HEAVY = "ConversationsWithMessages"
HEAVY_CONVERSATIONS = 2
"""The page size of the heavy query: without its index, each conversation scans all messages."""
_CACHED = ("CurrentSubscription", "Quota")
_TOGETHER = "SubscriptionAndQuota"
_DOCUMENT = f"""query {_TOGETHER} {{
  viewer {{
    id
    subscription {{ status plan {{ code }} }}
    quota {{ state limit used remaining resetsAt }}
  }}
}}"""

ProgressCallback = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Tunings:
    """The measurements; the first of each pair is without the tuning."""

    indexes: tuple[str, ...]
    without_indexes: Measured
    without_indexes_heavy: Measured
    without_cache: Measured
    looking_up_twice: Measured
    backoff: tuple[Outages, Outages]


@dataclass(frozen=True, slots=True)
class MeasurementSize:
    """The number of rounds of four blocks, and the requests of each operation in a block."""

    rounds: int
    requests: int

    def quick(self, names: Sequence[str]) -> ComparisonPlan:
        """The plan for operations that take milliseconds."""
        return ComparisonPlan(names, _rounds(self.rounds), self.requests)

    def heavy(self, names: Sequence[str]) -> ComparisonPlan:
        """The plan for operations that take seconds without their index."""
        return ComparisonPlan(names, _rounds(max(PILOT_ROUNDS, self.rounds // 4)))


def measure_tunings(
    database_url: str, sizes: BenchSizes, how: MeasurementSize, *, on_progress: ProgressCallback
) -> Tunings:
    """Measure all tunings on copies of a seeded database, which is not changed.

    Nobody else may be connected to it while it is copied. The copies are dropped in the end.
    """
    on_progress("finding the indexes, and copying the database")
    names = performance_indexes(database_url)
    with _copies(database_url) as (without, tuned):
        drop_indexes(without, names)
        bench = _Bench(without, tuned, sizes)
        on_progress("indexes")
        quick, heavy = bench.indexes(how)
        on_progress("cache")
        cached = bench.pair(
            (tuned, _OFF_CACHE, THIS_VERSION), (tuned, {}, THIS_VERSION), _flows(_CACHED), how
        )
        on_progress("single lookup")
        with double_lookup() as twice:
            together = {_TOGETHER: Flow(_TOGETHER, 1, text=_DOCUMENT)}
            lookups = bench.pair(
                (tuned, _OFF_CACHE, twice), (tuned, _OFF_CACHE, THIS_VERSION), together, how
            )
        on_progress("backoff")
        return Tunings(names, quick, heavy, cached, lookups, bench.backoff(how))


@dataclass(frozen=True, slots=True)
class _Bench:
    without: str
    tuned: str
    sizes: BenchSizes

    def indexes(self, how: MeasurementSize) -> tuple[Measured, Measured]:
        """Without the cache, which would hide the time of the subscription lookup."""
        heavy = replace(FLOWS[_HEAVY], variables=_few)
        off = (self.without, _OFF_CACHE, THIS_VERSION)
        on = (self.tuned, _OFF_CACHE, THIS_VERSION)
        with self._servers(off, on) as (left, right):
            return (
                _measured(left, right, _flows(_QUICK), how.quick),
                _measured(left, right, {_HEAVY: heavy}, how.heavy),
            )

    def pair(
        self, off: "_Arm", on: "_Arm", flows: Mapping[str, Flow], how: MeasurementSize
    ) -> Measured:
        """Two servers, measured alternately."""
        with self._servers(off, on) as (left, right):
            return _measured(left, right, flows, how.quick)

    def backoff(self, how: MeasurementSize) -> tuple[Outages, Outages]:
        """Each server has its own model, which fails repeatedly for a moment."""
        with (
            running_model(INSTANT_MODEL) as first,
            running_model(INSTANT_MODEL) as second,
            self._server((self.tuned, _OFF_BACKOFF, THIS_VERSION), first) as left,
            self._server((self.tuned, {}, THIS_VERSION), second) as right,
        ):
            sides = OutageServer(left, first), OutageServer(right, second)
            return measure_outages(*sides, rounds=how.rounds)

    @contextmanager
    def _servers(
        self, off: "_Arm", on: "_Arm"
    ) -> Iterator[tuple[ServerUnderTest, ServerUnderTest]]:
        with (
            running_model(INSTANT_MODEL) as model,
            self._server(off, model) as left,
            self._server(on, model) as right,
        ):
            yield left, right

    @contextmanager
    def _server(self, arm: "_Arm", model: str) -> Iterator[ServerUnderTest]:
        url, settings, version = arm
        with (
            TemporaryDirectory(prefix="guidance-tunings-") as folder,
            server_on_database(
                url, model, data_dir=folder, version=version, sizes=self.sizes, settings=settings
            ) as target,
        ):
            yield target


_Arm = tuple[str, Mapping[str, str], Version]


def _measured(
    left: ServerUnderTest,
    right: ServerUnderTest,
    flows: Mapping[str, Flow],
    plan: Callable[[Sequence[str]], ComparisonPlan],
) -> Measured:
    off, on = (
        by_mix(one.url, Callers.for_flows(flows, one.credentials, one.credentials.people))
        for one in (left, right)
    )
    return measure(off, on, plan(tuple(flows)))


def _rounds(count: int) -> StopRule:
    """Exactly so many rounds, without stopping early."""
    return StopRule(0, inf, count)


def _few(_key: str) -> dict[str, object]:
    return {"first": HEAVY_CONVERSATIONS}


def _flows(names: tuple[str, ...]) -> Mapping[str, Flow]:
    return {name: FLOWS[name] for name in names}


@contextmanager
def _copies(url: str) -> Iterator[tuple[str, str]]:
    """Two copies of a database, dropped when the block ends."""
    source, names = urlsplit(url).path.removeprefix("/"), ("without_tunings", "with_tunings")
    maintenance = database_of(url, "template1")
    with ExitStack() as stack:
        for name in names:
            drop = f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"
            stack.callback(_run, maintenance, drop)
            asyncio.run(
                run(
                    maintenance,
                    drop,
                    f'CREATE DATABASE {name} TEMPLATE "{source}" STRATEGY FILE_COPY',
                )
            )
        first, second = (database_of(url, name) for name in names)
        yield first, second


def _run(url: str, command: str) -> None:
    asyncio.run(run(url, command))
