"""Parts and uses as rows, and back."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from db.row import Row
from services.generation.models.calls import ModelUse, Part


# Any, here and below: columns of many types.
def part_rows(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """The parts of a reply as they are stored, numbered from 1."""
    rows = []
    for number, part in enumerate(parts, 1):
        row = asdict(part)
        rows.append({"part_number": number, "start_offset": row.pop("start"), **row})
    return rows


def use_rows(uses: Sequence[ModelUse]) -> list[dict[str, Any]]:
    """What models took, as it is added to the sums of a day."""
    rows = []
    for use in uses:
        row = asdict(use)
        rows.append({"unreported_calls": row.pop("unreported"), **row})
    return rows


def parts_from(rows: Iterable[Row]) -> tuple[Part, ...]:
    """The parts in rows that have the columns of a part."""
    return tuple(
        Part(
            model=row["model"],
            start=row["start_offset"],
            prompt_tokens=row["prompt_tokens"],
            cached_tokens=row["cached_tokens"],
            completion_tokens=row["completion_tokens"],
            reasoning_tokens=row["reasoning_tokens"],
            cost_micros=row["cost_micros"],
            currency=row["currency"],
        )
        for row in rows
    )
