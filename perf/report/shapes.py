"""What the pictures are made of: shapes that stretch, and words beside them that do not.

Text inside an SVG shrinks with it and cannot be read on a telephone, so every word is HTML.
"""

from collections.abc import Iterable, Sequence
from html import escape

_PERCENT_A_CHARACTER = 1.1
"""Half the width of a character beside the narrowest axis."""


def plot(title: str, parts: Sequence[str], levels: Iterable[tuple[float, str]], axes: str) -> str:
    """Shapes in a square of 100 that fills the width, with words at levels beside it."""
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
    """Words at places in percent of the width; those at the ends stay within it."""
    found = "".join(
        f'<span class="{kind}{_side(place, text)}" style="left:{place:.2f}%">{escape(text)}</span>'
        for place, text in ticks
    )
    return f'<div class="axis">{found}</div>'


def legend(keys: Iterable[tuple[str, str]]) -> str:
    """Which colour is what: pairs of a class and a word."""
    found = "".join(
        f'<li><span class="key {kind}"></span>{escape(text)}</li>' for kind, text in keys
    )
    return f'<ul class="legend">{found}</ul>'


def _side(place: float, text: str) -> str:
    half = _PERCENT_A_CHARACTER * len(text)
    if place < half:
        return " first"
    return " last" if place > 100 - half else ""
