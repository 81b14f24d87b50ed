"""The report as Markdown."""

from collections.abc import Iterator

from perf.comparisons.report import words
from perf.comparisons.report.comparison.compare import Comparison
from perf.comparisons.report.rows import OperationRow, p95_limit, rows
from perf.load.results.report import LoadReport


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
    for run in words.runs(comparison):
        yield f"- {run}"
    yield ""
    yield "## Operations"
    yield ""
    yield "| operation | verdict | samples | p50 | p95 | p99 | p95 of budget |"
    yield "|---|---|---|---|---|---|---|"
    yield from map(_operation, rows(comparison))
    if comparison.failures:
        yield ""
        yield "## What failed or was refused"
        yield ""
        yield "| operation | what | baseline | current |"
        yield "|---|---|---|---|"
        for one in comparison.failures:
            yield (
                f"| {one.operation} | {one.became}: {one.code} | {one.before} of {one.of_before} | "
                f"{one.after} of {one.of_after}{', new' if one.is_new else ''} |"
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


def _operation(row: OperationRow) -> str:
    changes = row.change.percentiles if row.change else {}
    said = (
        words.percentile_text(changes.get(name)) if row.change else "not compared"
        for name in _NAMES
    )
    limit = p95_limit(row.after) if row.after else None
    p95 = row.after.p95 if row.after else None
    share = f"{p95.value / limit:.0%} of {limit:g} ms" if p95 and limit else "-"
    samples = len(row.after.latencies_us) if row.after else 0
    return f"| {row.name} | {row.verdict} | {samples} | {' | '.join(said)} | {share} |"


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


def _measured(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
