"""The trend chart: the p95 of each operation as a share of its budget, run by run."""

from collections.abc import Sequence

from perf.comparisons.report.html.scales import linear_ticks
from perf.comparisons.report.html.stylesheet import LINES
from perf.comparisons.report.html.svg import axis, legend, plot
from perf.comparisons.report.rows import OperationRow, p95_limit
from perf.load.results.report import LoadReport, OperationResult

_DASHES = ("", "6 4", "2 3")


def trend(history: Sequence[LoadReport], rows: Sequence[OperationRow]) -> str:
    """One line for each operation, in the order of the rows; the oldest run first."""
    names = [row.name for row in rows if row.after is not None]
    shares = [
        share
        for report in history
        for one in report.operations.values()
        if (share := _share(one)) is not None
    ]
    top = max([1.1, *shares])
    parts = [_level(share, top) for share in linear_ticks(top)]
    parts.append(_level(1, top, "limit"))
    parts += [_line(number, name, history, top) for number, name in enumerate(names)]
    levels = [(_y(share, top), f"{share:.0%}") for share in linear_ticks(top)]
    keys = [(f"line-{number % len(LINES)}", name) for number, name in enumerate(names)]
    title = "p95 in percent of its budget, run by run; the marked line is the budget"
    return plot(title, parts, levels, _runs(history)) + legend(keys)


def _line(number: int, name: str, history: Sequence[LoadReport], top: float) -> str:
    points = " ".join(
        f"{_x(place, len(history)):.2f},{_y(share, top):.2f}"
        for place, report in enumerate(history)
        if (one := report.operations.get(name)) is not None and (share := _share(one)) is not None
    )
    dash = _DASHES[number // len(LINES) % len(_DASHES)]
    return (
        f'<polyline class="line-{number % len(LINES)}" stroke-dasharray="{dash}" points="{points}">'
        "</polyline>"
    )


def _level(share: float, top: float, kind: str = "grid") -> str:
    y = _y(share, top)
    return f'<line class="{kind}" x1="0" x2="100" y1="{y:.2f}" y2="{y:.2f}"/>'


def _runs(history: Sequence[LoadReport]) -> str:
    ends = {0: history[0], len(history) - 1: history[-1]}
    return axis(
        (_x(place, len(history)), f"{report.started_at:%Y-%m-%d} {report.commit[:7]}")
        for place, report in ends.items()
    )


def _share(one: OperationResult) -> float | None:
    limit = p95_limit(one)
    return None if one.p95 is None or limit is None else one.p95.value / limit


def _x(place: int, count: int) -> float:
    return 100 * place / max(1, count - 1)


def _y(share: float, top: float) -> float:
    return 97 - 94 * share / top
