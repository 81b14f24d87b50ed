"""Parts and uses as rows, and back."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from db.queries.clauses.model_use import ReplyUse
from db.row import Row
from services.generation.models.calls import ModelUse, Part


# Any, here and below: columns of many types.
def part_rows(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """The parts of a reply as they are stored, numbered from 1."""
    return [
        {
            "part_number": number,
            "model": part.model,
            "start_offset": part.start,
            "prompt_tokens": part.prompt_tokens,
            "cached_tokens": part.cached_tokens,
            "completion_tokens": part.completion_tokens,
            "reasoning_tokens": part.reasoning_tokens,
            "cost_micros": part.cost_micros,
            "currency": part.currency,
        }
        for number, part in enumerate(parts, 1)
    ]


def use_rows(uses: Sequence[ModelUse]) -> list[dict[str, Any]]:
    """What models took, as it is added to the sums of a day."""
    return [
        {
            "model": use.model,
            "currency": use.currency,
            "calls": use.calls,
            "unreported_calls": use.unreported,
            "prompt_tokens": use.prompt_tokens,
            "cached_tokens": use.cached_tokens,
            "completion_tokens": use.completion_tokens,
            "reasoning_tokens": use.reasoning_tokens,
            "cost_micros": use.cost_micros,
        }
        for use in uses
    ]


def reply_use(parts: Sequence[Part], uses: Sequence[ModelUse], now: datetime) -> ReplyUse:
    """What is stored of a reply's parts and uses, which count for the day of `now`."""
    return ReplyUse(part_rows(parts), use_rows(uses), now.date())


def parts_from(rows: Iterable[Row]) -> tuple[Part, ...]:
    """The parts in rows that have the columns of a part, in their order."""
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
        for row in sorted(rows, key=itemgetter("part_number"))
    )
