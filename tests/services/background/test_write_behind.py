"""WriteBehindBuffer are bounded by how large they are."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

import pytest

from services.background.write_behind import WriteBehindBuffer
from services.documents.records import NormalizedDocument
from services.documents.usage import LONGEST_UNKNOWN, UsageCount, _entry_bytes


@dataclass
class Count:
    """A number of times."""

    times: int

    def merged(self, later: Self) -> Self:
        return type(self)(self.times + later.times)


async def test_no_more_is_noted_than_fits_also_when_writing_failed() -> None:
    fails = [True]
    written: list[dict[str, Count]] = []

    async def write(noted: dict[str, Count]) -> None:
        if fails.pop() if fails else False:
            raise ConnectionError
        written.append(noted)

    buffer: WriteBehindBuffer[str, Count] = WriteBehindBuffer("words", write, capacity=10, size=len)
    for word in ("four", "five", "six", "four", "ox"):
        buffer.add(word, Count(1))
    with pytest.raises(ConnectionError):
        await buffer.flush()
    buffer.add("any", Count(1))
    await buffer.flush()
    buffer.add("sixteen", Count(1))
    await buffer.flush()
    assert written == [{"four": Count(2), "five": Count(1), "ox": Count(1)}, {"sixteen": Count(1)}]


def test_a_note_of_a_document_counts_the_bytes_of_its_text() -> None:
    text = "\N{GRINNING FACE}" * LONGEST_UNKNOWN
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert _entry_bytes((NormalizedDocument("x", text, None, 1), "web")) > 4 * LONGEST_UNKNOWN
    assert UsageCount(1, now, now).merged(UsageCount(2, now, now)).uses == 3
