"""The pieces of a reply's stream."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delta:
    """One piece of a reply; the first has the index 1."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class StreamStart:
    """Where a writer begins: after the pieces that the writers before it have published."""

    pieces: Sequence[str] = ()
    writer: int = 1


class StreamUnknown(Exception):
    """The reply has no stream: none was begun, it was deleted, or Redis is away."""


FIRST = StreamStart()


def split_pieces(text: str, ends: Sequence[int], after: int) -> list[Delta]:
    """The pieces of a stored text after index `after`; `ends` are the offsets of their ends."""
    starts = (0, *ends)
    return [
        Delta(index + 1, text[starts[index] : ends[index]])
        for index in range(max(0, after), len(ends))
    ]
