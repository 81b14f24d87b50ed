"""Reports of runs that never were: samples drawn from a distribution."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random

from perf.load.generator.outcomes import ANSWERED, Outcome, error
from perf.load.generator.samples import PROBE, Sample
from perf.load.results.report import Counts, LoadReport, MethodUse
from perf.load.run import Run, RunResult, report
from perf.load.workload.flows import FLOWS
from perf.load.workload.profiles import PLATEAU, PROFILES
from perf.servers.seeded import ServerUnderTest
from tests.perf.load.fake_server import PEOPLE

NOW = datetime(2026, 2, 20, 9, 30, tzinfo=UTC)
RUN = Run(PROFILES["smoke"], 1, {name: FLOWS[name] for name in ("Quota", "ConversationPage")})
TARGET = ServerUnderTest("http://127.0.0.1:1", PEOPLE, "some data", "none")
SAMPLES = 800
GONE = error("no answer")


def made_up(
    slower: Mapping[str, float] | None = None,
    *,
    seed: int = 1,
    day: int = 0,
    calls: float = 1.0,
    database_ms: float = 2.0,
    wait_ms: float = 0.1,
    asked: Mapping[str, int] | None = None,
    endings: Mapping[str, Mapping[int, Outcome]] | None = None,
    died_at: float = 64.0,
) -> LoadReport:
    """A run in which operations take about 20 ms, or so many times that.

    `asked` is how many requests an operation has, `endings` what becomes of some of them, by their
    numbers. From the second `died_at` on nobody is answered.
    """
    random, samples = Random(seed), []
    for name in RUN.flows:
        factor = (slower or {}).get(name, 1.0)
        for number in range((asked or {}).get(name, SAMPLES)):
            due = number / 20
            took = 0.02 * factor * random.lognormvariate(0, 0.25)
            outcome = (endings or {}).get(name, {}).get(number, ANSWERED)
            outcome = outcome if due < died_at else GONE
            samples.append(Sample(name, PLATEAU, due, due, due + took, outcome))
    samples += [
        Sample(
            PROBE,
            PLATEAU,
            at / 10,
            at / 10,
            at / 10 + 0.001,
            ANSWERED if at / 10 < died_at else GONE,
        )
        for at in range(600)
    ]
    used = MethodUse(
        calls=SAMPLES * calls,
        rows=SAMPLES,
        errors=0,
        wait_seconds=SAMPLES * calls * wait_ms / 1_000,
        database_seconds=SAMPLES * calls * database_ms / 1_000,
    )
    alone = {"ConversationPage": {"conversations.page_by_user": _one(calls)}}
    counts = Counts(
        statements=round(used.calls),
        cache_hits=90,
        cache_misses=10,
        model_attempts=0,
        retries=0,
        methods={"conversations.page_by_user": used},
    )
    seen = RunResult(samples, 3, alone, counts)
    return report(RUN, TARGET, seen, NOW + timedelta(days=day))


def on_another_machine(one: LoadReport) -> LoadReport:
    """The same run, but on a faster processor."""
    return one.model_copy(update={"host": one.host.model_copy(update={"processor": "faster"})})


def _one(calls: float) -> MethodUse:
    return MethodUse(calls=calls, rows=1, errors=0, wait_seconds=0, database_seconds=0.001)
