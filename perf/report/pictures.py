"""The pictures of the report: SVG that needs nothing else."""

from collections.abc import Sequence
from html import escape
from math import log10

from perf.load.result import LoadReport, Operation

BASELINE, CURRENT, LIMIT = "#8a94a6", "#2563eb", "#dc2626"
_WIDTH, _HALF, _BINS, _PAD = 640, 60, 80, 24
_ROW, _LABEL = 34, 200
_TREND_HEIGHT, _MARGIN = 220, 46
_COLOURS = ("#2563eb", "#dc2626", "#059669", "#d97706", "#7c3aed", "#0891b2", "#be185d", "#4d7c0f")


def distributions(name: str, before: Operation, after: Operation) -> str:
    """Both distributions on one logarithmic axis, the baseline above it, the current run below."""
    values = [*before.latencies_us, *after.latencies_us]
    if not values:
        return ""
    limit = after.targets[0].limit * 1_000
    low, high = log10(max(1, min(values))), log10(max(*values, limit) * 1.05)
    parts = [
        _bars(_binned(before.latencies_us, low, high), BASELINE, is_above=True),
        _bars(_binned(after.latencies_us, low, high), CURRENT, is_above=False),
        f'<line x1="0" x2="{_WIDTH}" y1="{_HALF}" y2="{_HALF}" stroke="#111"/>',
    ]
    x = _place(limit, low, high)
    parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{2 * _HALF}" stroke="{LIMIT}"/>')
    parts += [_tick(us, low, high) for us in _decades(low, high)]
    title = f"{name}: latencies of the baseline (above) and the current run (below)"
    return _svg(_WIDTH, 2 * _HALF + 18, title, parts)


def budgets(before: LoadReport, after: LoadReport) -> str:
    """Which part of its p95 budget each operation takes, in both runs, with the intervals."""
    parts, scale = [], (_WIDTH - _LABEL) / 1.5
    for row, (name, one) in enumerate(after.operations.items()):
        y = row * _ROW
        parts.append(f'<text x="0" y="{y + 20}">{escape(name)}</text>')
        old = before.operations.get(name)
        for place, (found, colour) in enumerate(((old, BASELINE), (one, CURRENT))):
            if found is not None and found.p95 is not None:
                limit = found.targets[0].limit
                width = min(1.5, found.p95.value / limit) * scale
                parts.append(
                    f'<rect x="{_LABEL}" y="{y + 5 + 12 * place}" width="{width:.1f}" height="10" '
                    f'fill="{colour}"><title>{found.p95.value:.1f} of {limit:g} ms</title></rect>'
                )
                parts.append(_whisker(found, limit, scale, y + 10 + 12 * place))
    x, height = _LABEL + scale, len(after.operations) * _ROW
    parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height}" stroke="{LIMIT}"/>')
    return _svg(_WIDTH, height + 4, "p95 as a part of its budget; the line is the budget", parts)


def trend(history: Sequence[LoadReport]) -> str:
    """The p95 of each operation as a part of its budget, over the runs, oldest first."""
    names = list(history[-1].operations)
    top = max(1.1, *(_share(one) for report in history for one in report.operations.values()))
    parts = [_level(1, top)]
    for number, name in enumerate(names):
        colour = _COLOURS[number % len(_COLOURS)]
        points = " ".join(
            f"{_run_x(place, len(history)):.1f},{_share_y(_share(one), top):.1f}"
            for place, report in enumerate(history)
            if (one := report.operations.get(name)) is not None and one.p95 is not None
        )
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        parts.append(
            f'<text x="{_WIDTH + 10}" y="{20 + 18 * number}" fill="{colour}">{escape(name)}</text>'
        )
    for place, report in enumerate(history):
        parts.append(
            f'<text x="{_run_x(place, len(history)):.1f}" y="{_TREND_HEIGHT - 4}" '
            f'text-anchor="middle" class="small">{escape(report.commit[:7])}</text>'
        )
    return _svg(_WIDTH + 220, _TREND_HEIGHT, "p95 as a part of its budget, run by run", parts)


def _share(one: Operation) -> float:
    return one.p95.value / one.targets[0].limit if one.p95 else 0.0


def _binned(samples: Sequence[int], low: float, high: float) -> list[float]:
    counts = [0] * _BINS
    for us in samples:
        counts[min(_BINS - 1, int((log10(max(1, us)) - low) / (high - low) * _BINS))] += 1
    return [count / max(1, len(samples)) for count in counts]


def _bars(shares: Sequence[float], colour: str, *, is_above: bool) -> str:
    width, top = _WIDTH / _BINS, max([*shares, 1e-9])
    bars = []
    for number, share in enumerate(shares):
        height = (_HALF - 4) * share / top
        y = _HALF - height if is_above else _HALF
        if height:
            bars.append(
                f'<rect x="{number * width:.1f}" y="{y:.1f}" width="{width - 0.5:.1f}" '
                f'height="{height:.1f}" fill="{colour}"/>'
            )
    return "".join(bars)


def _decades(low: float, high: float) -> list[float]:
    return [
        step * 10**power
        for power in range(int(low), int(high) + 1)
        for step in (1, 3)
        if low <= log10(step * 10**power) <= high
    ]


def _tick(us: float, low: float, high: float) -> str:
    x = _place(us, low, high)
    return (
        f'<text x="{x:.1f}" y="{2 * _HALF + 14}" text-anchor="middle" class="small">'
        f"{us / 1_000:g} ms</text>"
    )


def _place(us: float, low: float, high: float) -> float:
    return (log10(max(1, us)) - low) / (high - low) * _WIDTH


def _whisker(found: Operation, limit: float, scale: float, y: float) -> str:
    if found.p95 is None or found.p95.low is None or found.p95.high is None:
        return ""
    x1, x2 = (_LABEL + min(1.5, one / limit) * scale for one in (found.p95.low, found.p95.high))
    return f'<line x1="{x1:.1f}" x2="{x2:.1f}" y1="{y}" y2="{y}" stroke="#111" stroke-width="2"/>'


def _run_x(place: int, count: int) -> float:
    return _MARGIN + place * (_WIDTH - 2 * _MARGIN) / max(1, count - 1)


def _share_y(share: float, top: float) -> float:
    return 10 + (1 - share / top) * (_TREND_HEIGHT - 40)


def _level(share: float, top: float) -> str:
    y = _share_y(share, top)
    return (
        f'<line x1="0" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="{LIMIT}" '
        f'stroke-dasharray="4"/><text x="0" y="{y - 4:.1f}" class="small">budget</text>'
    )


def _svg(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="{-_PAD} 0 {width + 2 * _PAD} {height}" width="{width}" role="img">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )
