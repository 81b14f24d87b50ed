"""The report as one self-contained HTML page without scripts, fonts or links."""

from collections.abc import Iterable, Iterator
from html import escape

from perf.comparisons.report import words
from perf.comparisons.report.comparison.compare import ChangeKind, Comparison
from perf.comparisons.report.html.charts import budgets, distributions
from perf.comparisons.report.html.stylesheet import style
from perf.comparisons.report.html.svg import legend
from perf.comparisons.report.html.trend import trend
from perf.comparisons.report.rows import OperationRow, css_class_of, rows, verdicts
from perf.load.results.report import LoadReport

_RUNS = (("baseline", "baseline"), ("current", "current run"))
_COLOURED = {ChangeKind.SLOWER: "bad", ChangeKind.FASTER: "good", ChangeKind.UNKNOWN: "unknown"}


def page(comparison: Comparison, history: list[LoadReport]) -> str:
    """The whole page; the headline, tables and charts use the same order and verdicts."""
    return "".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark"><title>SLO regression report',
            f"</title><style>{style()}</style></head><body>",
            *_body(comparison, history, rows(comparison)),
            "</body></html>\n",
        )
    )


def _body(
    comparison: Comparison, history: list[LoadReport], found: tuple[OperationRow, ...]
) -> Iterator[str]:
    yield "<h1>SLO regression report</h1>"
    headline = escape(words.headline(comparison))
    yield f'<p class="verdict {css_class_of(comparison.outcome)}">{headline}</p>'
    yield f'<p class="summary">{escape(verdicts(found))}</p>'
    yield _list(words.findings(comparison))
    yield "<h2>The runs</h2>"
    yield _list(words.runs(comparison))
    yield "<h2>What changed</h2>"
    yield from _changes(found)
    yield "<h2>What failed or was refused</h2>"
    yield from _failures(comparison)
    yield f"<h2>Budget consumed</h2><figure>{legend(_RUNS)}{budgets(found)}</figure>"
    yield "<h2>Latencies side by side</h2>"
    yield '<p class="quiet">Above the line the baseline, below it the current run; equal heights '
    yield f"are equal shares of the requests.</p>{legend(_RUNS)}"
    for row in found:
        yield f"<figure><figcaption>{escape(row.name)}: {_verdict(row)}</figcaption>"
        yield f"{distributions(row)}</figure>"
    if len(history) > 1:
        yield f"<h2>Trend over {len(history)} runs</h2><figure>{trend(history, found)}</figure>"
    yield f"<h2>How to read this</h2><p>{escape(words.METHOD)}</p>"


def _changes(found: tuple[OperationRow, ...]) -> Iterator[str]:
    yield "<table><thead><tr><th>operation</th><th>samples</th><th>p50</th><th>p95</th>"
    yield "<th>p99</th></tr></thead><tbody>"
    for row in found:
        samples = len(row.after.latencies_us) if row.after else 0
        yield _cell("operation", f"<b>{escape(row.name)}</b> {_verdict(row)}", opens="<tr>")
        yield _cell("samples", str(samples))
        for name in ("p50", "p95", "p99"):
            yield _percentile(row, name)
        yield "</tr>"
    yield "</tbody></table>"


def _percentile(row: OperationRow, name: str) -> str:
    if row.change is None:
        return _cell(name, "not compared")
    change = row.change.percentiles.get(name)
    said = escape(words.percentile_text(change))
    kind = _COLOURED.get(change.change) if change else None
    return _cell(name, f'<span class="{kind}">{said}</span>' if kind else said)


def _failures(comparison: Comparison) -> Iterator[str]:
    if not comparison.failures:
        yield "<p>Nothing failed, and nothing was refused, in either run.</p>"
        return
    yield "<table><thead><tr><th>operation</th><th>what</th><th>baseline</th><th>current run</th>"
    yield "</tr></thead><tbody>"
    for one in comparison.failures:
        new = ' <b class="bad">new</b>' if one.is_new else ""
        yield _cell("operation", escape(one.operation), opens="<tr>")
        yield _cell("what", f"{escape(one.became)}: {escape(one.code)}")
        yield _cell("baseline", f"{one.before} of {one.of_before}")
        yield _cell("current run", f"{one.after} of {one.of_after}{new}") + "</tr>"
    yield "</tbody></table>"


def _cell(label: str, content: str, *, opens: str = "") -> str:
    return f'{opens}<td data-label="{label}">{content}</td>'


def _verdict(row: OperationRow) -> str:
    return f'<span class="{row.kind}">{escape(row.verdict)}</span>'


def _list(items: Iterable[str]) -> str:
    found = "".join(f"<li>{escape(item)}</li>" for item in items)
    return f"<ul>{found}</ul>" if found else "<p>Nothing differs by more than noise.</p>"
