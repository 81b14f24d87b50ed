"""Charts of two runs: the share of each latency budget used, and latency distributions."""

from collections.abc import Iterator, Sequence
from html import escape

from perf.comparisons.report.html.scales import LogScale, linear_ticks, milliseconds
from perf.comparisons.report.html.svg import axis, plot
from perf.comparisons.report.rows import OperationRow, p95_limit
from perf.load.results.report import OperationResult

_BINS, _HALF = 60, 50
_MOST_OF_BUDGET, _LEAST_OF_BUDGET = 4.0, 1.25


def budgets(rows: Sequence[OperationRow]) -> str:
    """The share of its p95 budget that each operation uses, in both runs, with intervals."""
    shares = [share for row in rows for one in (row.before, row.after) for share in _shares(one)]
    top = min(_MOST_OF_BUDGET, max([_LEAST_OF_BUDGET, *shares]))
    ticks = linear_ticks(top)
    marks = "".join(_mark(100 * tick / top, is_limit=False) for tick in ticks if tick != 1)
    marks += _mark(100 / top, is_limit=True)
    scale = axis((100 * tick / top, f"{tick:.0%}") for tick in ticks)
    scale += axis([(100 / top, "the budget")], "limit")
    body = "".join(_budget_row(row, top, marks) for row in rows)
    said = '<div class="quiet">p95 in percent of its budget</div>'
    return f'{body}<div class="row">{said}<div>{scale}</div><div></div></div>'


def _budget_row(row: OperationRow, top: float, marks: str) -> str:
    bars = _bar(row.before, "baseline", top) + _bar(row.after, "current", top)
    return (
        f'<div class="row"><div>{escape(row.name)}<br><b class="{row.kind}">{row.verdict}</b></div>'
        f'<div class="bars">{marks}{bars}</div><div>{_budget_words(row)}</div></div>'
    )


def _bar(one: OperationResult | None, run: str, top: float) -> str:
    if one is None or one.p95 is None or (limit := p95_limit(one)) is None:
        return '<div class="bar"></div>'
    width = min(100.0, 100 * one.p95.value / limit / top)
    whisker = ""
    if one.p95.low is not None and one.p95.high is not None:
        low, high = (min(100.0, 100 * each / limit / top) for each in (one.p95.low, one.p95.high))
        # Percentages are relative to the bar.
        left, wide = (100 * each / max(width, 0.1) for each in (low, high - low))
        whisker = f'<span class="whisker" style="left:{left:.1f}%;width:{wide:.1f}%"></span>'
    return f'<div class="bar {run}" style="width:{width:.2f}%">{whisker}</div>'


def _budget_words(row: OperationRow) -> str:
    before, after = (next(iter(_shares(one)), None) for one in (row.before, row.after))
    limit = next(
        (found for one in (row.after, row.before) if one and (found := p95_limit(one))), None
    )
    if limit is None:
        return "no budget for its p95"
    was = "nothing measured" if before is None else f"{before:.0%}"
    now = "nothing measured" if after is None else f"{after:.0%}"
    return f"{was} → {now} of {limit:g} ms"


def _shares(one: OperationResult | None) -> Iterator[float]:
    if one is not None and one.p95 is not None and (limit := p95_limit(one)) is not None:
        yield one.p95.value / limit


def distributions(row: OperationRow) -> str:
    """Both distributions on one logarithmic axis: the baseline above, the current run below.

    They share one scale, so equal heights are equal shares of the requests.
    """
    samples = [one.latencies_us if one else () for one in (row.before, row.after)]
    known = [us for each in samples for us in each]
    if not known:
        return '<p class="quiet">Nothing was measured.</p>'
    of_limit = row.after or row.before
    limit_ms = p95_limit(of_limit) if of_limit else None
    scale = LogScale.over([*known, *([limit_ms * 1_000] if limit_ms else [])])
    binned = [_binned(each, scale) for each in samples]
    top = max(max(each) for each in binned)
    parts = [
        _bars(binned[0], "baseline", top, is_above=True),
        _bars(binned[1], "current", top, is_above=False),
        f'<line class="zero" x1="0" x2="100" y1="{_HALF}" y2="{_HALF}"/>',
    ]
    ticks = axis((scale.place(us), milliseconds(us)) for us in scale.ticks())
    if limit_ms:
        x = scale.place(limit_ms * 1_000)
        parts.append(f'<line class="limit" x1="{x:.2f}" x2="{x:.2f}" y1="0" y2="{2 * _HALF}"/>')
        ticks += axis([(x, f"p95 budget {limit_ms:g} ms")], "limit")
    title = f"{row.name}: latencies of the baseline (above) and of the current run (below)"
    levels = [(2, f"{top:.0%}"), (_HALF, "0%"), (98, f"{top:.0%}")]
    return plot(title, parts, levels, ticks)


def _binned(samples: Sequence[int], scale: LogScale) -> list[float]:
    counts = [0] * _BINS
    for us in samples:
        counts[min(_BINS - 1, int(scale.place(max(1, us)) / 100 * _BINS))] += 1
    return [count / max(1, len(samples)) for count in counts]


def _bars(shares: Sequence[float], run: str, top: float, *, is_above: bool) -> str:
    width, found = 100 / _BINS, []
    for number, share in enumerate(shares):
        height = (_HALF - 1) * share / top
        y = _HALF - height if is_above else _HALF
        if height:
            found.append(
                f'<rect class="{run}" x="{number * width:.2f}" y="{y:.2f}" '
                f'width="{width * 0.9:.2f}" height="{height:.2f}"/>'
            )
    return "".join(found)


def _mark(place: float, *, is_limit: bool) -> str:
    kind = "mark limit" if is_limit else "mark"
    return f'<span class="{kind}" style="left:{place:.2f}%"></span>'
