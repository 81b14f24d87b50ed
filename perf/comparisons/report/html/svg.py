"""SVG shapes that stretch with the page, with labels in HTML that do not.

Text inside an SVG would shrink with it and become unreadable on phones.
"""

from collections.abc import Iterable, Sequence
from html import escape

_PERCENT_A_CHARACTER = 1.1
"""Half the width of a character, relative to the narrowest axis."""


def plot(title: str, parts: Sequence[str], levels: Iterable[tuple[float, str]], axes: str) -> str:
    """A chart: shapes in a 100 by 100 square that fills the width, with labels on the left."""
    beside = "".join(
        f'<span class="level" style="top:{place:.1f}%">{escape(text)}</span>'
        for place, text in levels
    )
    return (
        f'<div class="plot"><div class="area">{beside}<svg viewBox="0 0 100 100" '
        f'preserveAspectRatio="none" role="img"><title>{escape(title)}</title>{"".join(parts)}'
        f"</svg></div>{axes}</div>"
    )


def axis(ticks: Iterable[tuple[float, str]], kind: str = "tick") -> str:
    """Labels at positions in percent of the width, kept within both ends."""
    found = "".join(
        f'<span class="{kind}{_side(place, text)}" style="left:{place:.2f}%">{escape(text)}</span>'
        for place, text in ticks
    )
    return f'<div class="axis">{found}</div>'


def legend(keys: Iterable[tuple[str, str]]) -> str:
    """The legend: pairs of a CSS class and a label."""
    found = "".join(
        f'<li><span class="key {kind}"></span>{escape(text)}</li>' for kind, text in keys
    )
    return f'<ul class="legend">{found}</ul>'


def _side(place: float, text: str) -> str:
    half = _PERCENT_A_CHARACTER * len(text)
    if place < half:
        return " first"
    return " last" if place > 100 - half else ""
