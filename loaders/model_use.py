"""What models wrote of replies, and what they took, for people and for companies."""

from collections import defaultdict
from datetime import date
from typing import NamedTuple

from db.database import Database
from db.queries.clauses.model_use import ModelUseStatements
from db.reply_key import ReplyKey
from db.row import Row
from loaders.batching.loader import Loader
from services.generation.models.calls import Part
from services.generation.models.rows import parts_from


def parts_by_reply(
    database: Database, statements: ModelUseStatements
) -> Loader[ReplyKey, tuple[Part, ...]]:
    """The parts of replies; none of those from before parts were stored."""

    async def batch(keys: list[ReplyKey]) -> list[tuple[Part, ...]]:
        async with database.read() as connection:
            rows = await statements.parts_of_replies(connection, keys)
        by_reply: dict[int, list[Row]] = defaultdict(list)
        for row in rows:
            by_reply[row["reply_id"]].append(row)
        return [parts_from(by_reply[key.reply_id]) for key in keys]

    return Loader(batch)


class ModelUseKey(NamedTuple):
    """An owner's days from `first_day` to `last_day`, both included."""

    owner_id: int
    first_day: date
    last_day: date
    shows_cost: bool


class ModelUseOfDay(NamedTuple):
    """What a model took on a day; without a currency, its cost is not shown, or not known."""

    usage_date: date
    model: str
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cost_micros: int | None
    currency: str | None


def model_use(
    database: Database, statements: ModelUseStatements
) -> Loader[ModelUseKey, list[ModelUseOfDay]]:
    """What owners used, by day and model, the oldest first; all of them in one statement."""

    async def batch(keys: list[ModelUseKey]) -> list[list[ModelUseOfDay]]:
        async with database.read() as connection:
            rows = await statements.use_by_day(connection, [key[:3] for key in keys])
        found: list[list[ModelUseOfDay]] = [[] for _ in keys]
        for row in rows:
            number = row["number"]
            found[number].append(_of_day(row, shows_cost=keys[number].shows_cost))
        return [sorted(one) for one in found]

    return Loader(batch)


def _of_day(row: Row, *, shows_cost: bool) -> ModelUseOfDay:
    has_cost = shows_cost and row["currency"] != ""
    return ModelUseOfDay(
        usage_date=row["usage_date"],
        model=row["model"],
        prompt_tokens=row["prompt_tokens"],
        cached_tokens=row["cached_tokens"],
        completion_tokens=row["completion_tokens"],
        reasoning_tokens=row["reasoning_tokens"],
        cost_micros=row["cost_micros"] if has_cost else None,
        currency=row["currency"] if has_cost else None,
    )
