"""Comparing what we recorded that models took with what their provider says."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from db.database import Database
from db.queries import model_use


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens read, of which some were cached, and written."""

    prompt: int = 0
    cached: int = 0
    completion: int = 0

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(
            self.prompt + other.prompt,
            self.cached + other.cached,
            self.completion + other.completion,
        )


@dataclass(frozen=True, slots=True)
class ReportedUse:
    """What a provider says that a model took on a UTC day."""

    day: date
    model: str
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class RecordedUse:
    """What we recorded of a model on a UTC day; `unreported` calls said nothing of their tokens."""

    day: date
    model: str
    tokens: Tokens
    unreported: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """What both say of a model, on one day or of all days together."""

    day: date | None
    model: str
    recorded: Tokens
    reported: Tokens
    unreported: int

    @property
    def differs(self) -> bool:
        """Whether they say different things."""
        return self.recorded != self.reported


def compare(
    recorded: Iterable[RecordedUse],
    reported: Iterable[ReportedUse],
    names: Mapping[str, str],
) -> tuple[Comparison, ...]:
    """The differences of days, and then the totals of all models.

    `names` are what the provider calls our models; models that it calls the same are one.
    """
    days: dict[tuple[date, str], list[RecordedUse | ReportedUse]] = defaultdict(list)
    for one in recorded:
        days[one.day, names.get(one.model, one.model)].append(one)
    for other in reported:
        days[other.day, other.model].append(other)
    totals: dict[str, list[RecordedUse | ReportedUse]] = defaultdict(list)
    for (_, model), uses in days.items():
        totals[model] += uses
    by_day = (_comparison(day, model, uses) for (day, model), uses in sorted(days.items()))
    in_all = (_comparison(None, model, uses) for model, uses in sorted(totals.items()))
    return (*(one for one in by_day if one.differs), *in_all)


async def recorded_use(database: Database, first: date, last: date) -> tuple[RecordedUse, ...]:
    """What is recorded of the days from `first` to `last`, for everybody."""
    async with database.read_primary() as connection:
        rows = await model_use.totals(connection, first, last)
    return tuple(
        RecordedUse(
            row["usage_date"],
            row["model"],
            Tokens(row["prompt_tokens"], row["cached_tokens"], row["completion_tokens"]),
            row["unreported_calls"],
        )
        for row in rows
    )


def _comparison(
    day: date | None, model: str, uses: Iterable[RecordedUse | ReportedUse]
) -> Comparison:
    recorded, reported, unreported = Tokens(), Tokens(), 0
    for use in uses:
        if isinstance(use, RecordedUse):
            recorded += use.tokens
            unreported += use.unreported
        else:
            reported += use.tokens
    return Comparison(day, model, recorded, reported, unreported)
