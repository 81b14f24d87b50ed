"""Tables for the terminal."""

from collections.abc import Iterable, Sequence

_NOTHING = "There are none."


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A line for each row below the head, in columns; a sentence if there are no rows."""
    lines = [head, *rows]
    if len(lines) == 1:
        return _NOTHING
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
