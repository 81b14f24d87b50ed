"""Notes are bounded by how large they are."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

import pytest

from services.notes import Notes
from services.operations.records import Shape
from services.operations.uses import LONGEST_UNKNOWN, Counted, _held


@dataclass
class Count:
    """A number of times."""

    times: int

    def merged(self, later: Self) -> Self:
        return type(self)(self.times + later.times)


def test_no_more_is_noted_than_fits_also_when_writing_failed() -> None:
    fails = [True]
    written: list[dict[str, Count]] = []

    async def write(noted: dict[str, Count]) -> None:
        if fails.pop() if fails else False:
            raise ConnectionError
        written.append(noted)

    async def scenario() -> None:
        notes: Notes[str, Count] = Notes("words", write, most=10, size=len)
        for word in ("four", "five", "six", "four", "ox"):
            notes.note(word, Count(1))
        with pytest.raises(ConnectionError):
            await notes.write()
        notes.note("any", Count(1))
        await notes.write()
        notes.note("sixteen", Count(1))
        await notes.write()

    asyncio.run(scenario())
    assert written == [{"four": Count(2), "five": Count(1), "ox": Count(1)}, {"sixteen": Count(1)}]


def test_a_note_of_a_document_counts_the_bytes_of_its_text() -> None:
    text = "\N{GRINNING FACE}" * LONGEST_UNKNOWN
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert _held((Shape("x", text, None, 1), "web")) > 4 * LONGEST_UNKNOWN
    assert Counted(1, now, now).merged(Counted(2, now, now)).uses == 3
