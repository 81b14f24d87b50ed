"""The report as Markdown."""

from collections.abc import Iterator

from perf.load.result import Interval, LoadReport
from perf.report import words
from perf.report.compare import Comparison


def markdown(comparison: Comparison, history: list[LoadReport]) -> str:
    """The whole report."""
    return "\n".join(_lines(comparison, history)) + "\n"


def _lines(comparison: Comparison, history: list[LoadReport]) -> Iterator[str]:
    yield "# SLO regression report"
    yield ""
    yield f"**{words.headline(comparison)}**"
    yield ""
    for finding in words.findings(comparison):
        yield f"- {finding}"
    yield ""
    yield f"- Baseline: {words.run_words(comparison.baseline)}"
    yield f"- Current: {words.run_words(comparison.current)}"
    yield f"- Where: {words.host_words(comparison.current)}"
    yield f"- Counted: {words.counts_words(comparison.current)}"
    yield ""
    yield "## Operations"
    yield ""
    yield "| operation | samples | p50 | p95 | p99 | p95 of budget |"
    yield "|---|---|---|---|---|---|"
    for one in comparison.operations:
        changes = [words.percentile_words(one.percentiles.get(name)) for name in _NAMES]
        found = comparison.current.operations[one.name]
        yield (
            f"| {one.name} | {len(found.latencies_us)} | {' | '.join(changes)} | "
            f"{_share(found.p95, found.targets[0].limit)} |"
        )
    yield ""
    yield "## Targets"
    yield ""
    yield "| target | wanted | baseline | current | verdict |"
    yield "|---|---|---|---|---|"
    yield from _targets(comparison)
    if len(history) > 1:
        yield ""
        yield "## Trend of the p95"
        yield ""
        yield from _trend(history)
    yield ""
    yield "## How to read this"
    yield ""
    yield words.METHOD


_NAMES = ("p50", "p95", "p99")


def _targets(comparison: Comparison) -> Iterator[str]:
    before = {one.name: one for one in comparison.baseline.targets}
    for target in comparison.current.targets:
        old = before.get(target.name)
        yield (
            f"| {target.name} | ≤ {target.limit:g} {target.unit} | "
            f"{_measured(old.measured if old else None)} | {_measured(target.measured)} | "
            f"{target.verdict.value} |"
        )


def _trend(history: list[LoadReport]) -> Iterator[str]:
    names = list(history[-1].operations)
    yield f"| run | commit | {' | '.join(names)} |"
    yield f"|---|---|{'---|' * len(names)}"
    for report in history:
        found = [
            report.operations[name].p95 if name in report.operations else None for name in names
        ]
        cells = " | ".join(f"{one.value:.1f}" if one else "-" for one in found)
        yield f"| {report.started_at:%Y-%m-%d %H:%M} | {report.commit} | {cells} |"


def _share(measured: Interval | None, limit: float) -> str:
    return f"{measured.value / limit:.0%} of {limit:g} ms" if measured else "-"


def _measured(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
