"""Write docs/performance/slo-report.md: the effect of each tuning, with samples and intervals."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from statistics import median

from perf.comparisons.ab.precision import FALSE_ALARMS
from perf.comparisons.ab.report import interval_words
from perf.comparisons.ab.rounds import Measured
from perf.comparisons.ab.verdicts import OperationShift, judge
from perf.comparisons.tunings.measurement import HEAVY_CONVERSATIONS, Tunings
from perf.comparisons.tunings.outages import MESSAGES_BEFORE_OUTAGE, OUTAGE_SECONDS, Outages
from perf.load.results.targets import latency_target
from perf.load.workload.flows import FLOWS
from perf.servers.host import Host
from perf.statistics.binomial import share_interval
from perf.statistics.percentiles import Percentile, percentile
from perf.statistics.resampling import RESAMPLES

_MS = 1_000
_MINIMUM = 0.1
_COMMAND = "guidance perf tunings"


def tunings_page(found: Tunings, *, commit: str, host: Host, data: str, at: datetime) -> str:
    """The whole page."""
    return "\n".join(_lines(found, commit, host, data, at)) + "\n"


def _lines(found: Tunings, commit: str, host: Host, data: str, at: datetime) -> Iterator[str]:
    yield "# The tunings of 2026-02-20, measured"
    yield ""
    yield (
        f"Written by `{_COMMAND}` on {at:%Y-%m-%d}, commit {commit}, on {host.processor} "
        f"({host.cores} cores, {host.memory_gigabytes} GB, Python {host.python}), with {data}. "
        "Each tuning of the report of 2026-02-20 was switched off and on in the same run: two "
        "servers side by side on copies of one database, asked in turns, A B B A."
    )
    yield ""
    yield (
        f"`n` is the number of requests of each side. Percentiles are in milliseconds, with their "
        "95% intervals (order statistics). The effect is that of the tuning on the median, with "
        f"its interval (random signs of the rounds, {RESAMPLES} resamples); the chance that a "
        "table calls something slower or faster although nothing changed is at most "
        f"{FALSE_ALARMS:.0%}, and changes of less than {_MINIMUM:.0%} are none."
    )
    yield from _indexes(found)
    yield from _cache(found.without_cache)
    yield from _lookup(found.looking_up_twice)
    yield from _backoff(*found.backoff)
    yield from _targets(found)
    yield ""
    yield "## Again"
    yield ""
    yield "```"
    yield ".venv/bin/guidance db seed --profile bench"
    yield f".venv/bin/{_COMMAND} --out docs/performance/slo-report.md"
    yield "```"


def _indexes(found: Tunings) -> Iterator[str]:
    yield from _heading("Composite indexes")
    yield (
        "Off: a copy of the database without the indexes that migration `20260220_0019` adds, "
        f"found by migrating an empty database: {', '.join(f'`{name}`' for name in found.indexes)}."
        " The subscription cache is off on both sides, or it would hide the lookup."
    )
    yield ""
    yield from _table(found.without_indexes)
    yield ""
    yield (
        f"`ConversationsWithMessages` asks for {HEAVY_CONVERSATIONS} conversations here: without "
        "its index each of them costs a scan of all messages."
    )
    yield ""
    yield from _table(found.without_indexes_heavy)


def _cache(measured: Measured) -> Iterator[str]:
    yield from _heading("Subscription cache")
    yield "Off: `BILLING_SUBSCRIPTION_CACHE_TTL_SECONDS=0`. On: the default."
    yield ""
    yield from _table(measured)


def _lookup(measured: Measured) -> Iterator[str]:
    yield from _heading("One subscription lookup")
    yield (
        "Off: the same source with one change in `loaders/__init__.py`, made when it is started: "
        "the quota has a subscription loader of its own, and so looks up what the request has "
        "looked up already. The operation asks for both; the cache is off on both sides."
    )
    yield ""
    yield from _table(measured)
    yield ""
    for arm, name in ((measured.a, "off"), (measured.b, "on")):
        uses = next(iter(arm.alone.values()), {})
        said = ", ".join(f"{method} {use.calls:g}" for method, use in uses.items())
        yield f"Statements of one request, {name}: {said or 'not counted'}."


def _backoff(off: Outages, on: Outages) -> Iterator[str]:
    yield from _heading("Retry backoff with jitter")
    low, high = OUTAGE_SECONDS
    yield (
        "Again and again the model goes away (503), and comes back between "
        f"{low:g} and {high:g} s (drawn evenly, the same for both sides) after it has refused a "
        f"message. {MESSAGES_BEFORE_OUTAGE} messages are answered before each outage, so that the "
        "circuit breaker is closed and the budget of retries is whole when it begins. There are "
        "the usual two retries. Off: `CHAT_LLM_RETRY_BACKOFF_SECONDS=0` and "
        "`CHAT_LLM_RETRY_JITTER_SECONDS=0`. "
        "On: the defaults, which wait 0.2 to 0.3 s, and then 0.4 to 0.5 s. `n` is the number of "
        "messages that met an outage; the interval is Clopper and Pearson's, 95%; `forgone` are "
        "retries that the budget did not allow; the median is that of the answered."
    )
    yield ""
    yield (
        "| backoff | n | answered | interval | requests to the model a message | forgone | "
        "median ms |"
    )
    yield "|---|---|---|---|---|---|---|"
    for name, one in (("off", off), ("on", on)):
        low, high = share_interval(one.answered, one.sent)
        took = f"{median(one.seconds) * _MS:.0f}" if one.seconds else "-"
        yield (
            f"| {name} | {one.sent} | {one.answered / one.sent:.1%} | {low:.1%} to {high:.1%} | "
            f"{one.model_calls / one.sent:.2f} | {one.forgone} | {took} |"
        )


def _targets(found: Tunings) -> Iterator[str]:
    yield from _heading("The objectives, with every tuning on")
    yield (
        "The budgets of the documents, of which none is above 300 ms for a p95 and 700 ms for a "
        "p99, asked one after another: PASS, FAIL or INCONCLUSIVE by the exact binomial test, 95%. "
        "For what holds under load see `guidance perf run`."
    )
    yield ""
    yield "| operation | n | p95 | verdict | p99 | verdict |"
    yield "|---|---|---|---|---|---|"
    for measured in (found.without_indexes, found.without_indexes_heavy):
        for name in measured.interleaved.rounds:
            ordered = sorted(one * _MS for one in measured.interleaved.latencies(name, 1))
            budget = FLOWS[name].budget
            cells = []
            for share, limit in ((0.95, budget.p95_ms), (0.99, budget.p99_ms)):
                target = latency_target(name, ordered, share, limit, slack_ms=0)
                cells += [_value(percentile(ordered, share)), f"{target.verdict.value} (≤ {limit})"]
            yield f"| {name} | {len(ordered)} | {' | '.join(cells)} |"


def _table(measured: Measured) -> Iterator[str]:
    rounds = len(next(iter(measured.interleaved.rounds.values())))
    yield f"{rounds} rounds:"
    yield ""
    yield "| operation | n | off p50 | on p50 | off p95 | on p95 | effect of the tuning |"
    yield "|---|---|---|---|---|---|---|"
    found = judge(measured, minimum=_MINIMUM)
    for one in found:
        sides = [sorted(measured.interleaved.latencies(one.name, side)) for side in (0, 1)]
        cells = [
            _value(percentile([seconds * _MS for seconds in side], share))
            for share in (0.5, 0.95)
            for side in sides
        ]
        yield f"| {one.name} | {one.samples} | {' | '.join(cells)} | {_effect(one)} |"
    yield from _why(found)


def _why(found: Sequence[OperationShift]) -> Iterator[str]:
    reasons = [f"- {one.name}: {reason}." for one in found for reason in one.why]
    if reasons:
        yield ""
        yield from reasons


def _effect(one: OperationShift) -> str:
    median = one.at(0.5)
    return f"{one.change.value}: {median.value:+.0%} ({interval_words(median)})"


def _value(found: Percentile | None) -> str:
    if found is None:
        return "-"
    low, high = ("…" if end is None else f"{end:.1f}" for end in (found.low, found.high))
    return f"{found.value:.1f} ({low} to {high})"


def _heading(title: str) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""
