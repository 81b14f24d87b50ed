"""The report as one HTML page that needs nothing else: no script, no font, no address."""

from collections.abc import Iterable, Iterator
from html import escape

from perf.load.result import LoadReport
from perf.report import words
from perf.report.compare import Change, Comparison
from perf.report.pictures import BASELINE, CURRENT, budgets, distributions, trend
from perf.states import State

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #111; background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #ddd;
  vertical-align: top; }
svg { max-width: 100%; height: auto; display: block; } svg text { font-size: 13px; }
svg .small { font-size: 10px; fill: #555; } figure { margin: 1.2rem 0; }
.verdict { padding: .6rem 1rem; border-left: .4rem solid; background: #f6f6f6; font-weight: 600; }
.bad { border-color: #dc2626; } .good { border-color: #059669; } .unknown { border-color: #d97706; }
.slower { color: #b91c1c; } .faster { color: #047857; }
"""
_CLASSES = {
    State.REGRESSION: "bad",
    State.NO_REGRESSION: "good",
}


def page(comparison: Comparison, history: list[LoadReport]) -> str:
    """The whole page."""
    return "".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width"><title>SLO regression report',
            f"</title><style>{_STYLE}</style></head><body>",
            *_body(comparison, history),
            "</body></html>\n",
        )
    )


def _body(comparison: Comparison, history: list[LoadReport]) -> Iterator[str]:
    before, after = comparison.baseline, comparison.current
    yield "<h1>SLO regression report</h1>"
    kind = _CLASSES.get(comparison.outcome, "unknown")
    yield f'<p class="verdict {kind}">{words.headline(comparison)}</p>'
    yield _list(words.findings(comparison))
    yield "<h2>The runs</h2>"
    yield _list(
        (
            f"Baseline: {words.run_words(before)}",
            f"Current: {words.run_words(after)}",
            f"Where: {words.host_words(after)}",
            f"Counted: {words.counts_words(after)}",
        )
    )
    yield "<h2>What changed</h2>"
    yield from _table(comparison)
    yield "<h2>Budget consumed</h2>"
    yield f"<figure>{budgets(before, after)}{_legend()}</figure>"
    yield "<h2>Latencies side by side</h2><p>The red line is the p95 budget.</p>"
    for one in comparison.operations:
        picture = distributions(one.name, before.operations[one.name], after.operations[one.name])
        yield f"<figure><figcaption>{escape(one.name)}</figcaption>{picture}</figure>"
    yield _legend()
    if len(history) > 1:
        yield f"<h2>Trend over {len(history)} runs</h2><figure>{trend(history)}</figure>"
    yield f"<h2>How to read this</h2><p>{escape(words.METHOD)}</p>"


def _table(comparison: Comparison) -> Iterator[str]:
    yield "<table><thead><tr><th>operation</th><th>samples</th><th>p50</th><th>p95</th>"
    yield "<th>p99</th></tr></thead><tbody>"
    for one in comparison.operations:
        samples = len(comparison.current.operations[one.name].latencies_us)
        yield f"<tr><td>{escape(one.name)}</td><td>{samples}</td>"
        for name in ("p50", "p95", "p99"):
            change = one.percentiles.get(name)
            kind = change.change if change else Change.NOISE
            said = escape(words.percentile_words(change))
            yield f'<td class="{kind.name.lower()}">{said}</td>'
        yield "</tr>"
    yield "</tbody></table>"


def _list(items: Iterable[str]) -> str:
    found = "".join(f"<li>{escape(item)}</li>" for item in items)
    return f"<ul>{found}</ul>" if found else "<p>Nothing differs by more than noise.</p>"


def _legend() -> str:
    return (
        f'<p><span style="color:{BASELINE}">■</span> baseline '
        f'<span style="color:{CURRENT}">■</span> current run</p>'
    )
