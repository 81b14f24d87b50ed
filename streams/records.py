"""What a stream of a reply is made of."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delta:
    """One piece of a reply; the first has the index 1."""

    index: int
    text: str


class StreamUnknown(Exception):
    """There is no stream of the reply here: none was begun, it was forgotten, or it is away."""


def split(text: str, ends: Sequence[int], after: int) -> list[Delta]:
    """The pieces of a stored text after the index `after`; `ends` are their ends in characters."""
    starts = (0, *ends)
    return [
        Delta(index + 1, text[starts[index] : ends[index]])
        for index in range(max(0, after), len(ends))
    ]
