"""What people think of replies, and how many think so of each model."""

from datetime import date
from typing import NamedTuple

from db.database import Database
from db.queries.chat import feedback
from db.row import Row
from loaders.batching.loader import Loader
from loaders.batching.rows_by_id import rows_in_key_order


def feedback_by_message(database: Database, viewer_id: int | None) -> Loader[int, Row | None]:
    """The viewer's own, by the id of the message; None where they gave none."""

    async def batch(ids: list[int]) -> list[Row | None]:
        if viewer_id is None:
            return [None] * len(ids)
        async with database.read() as connection:
            rows = await feedback.of_messages(connection, ids, viewer_id)
        return rows_in_key_order(ids, rows, "message_id")

    return Loader(batch)


class FeedbackSpan(NamedTuple):
    """The days from `first_day` to `last_day`, both included."""

    first_day: date
    last_day: date


class FeedbackOfDay(NamedTuple):
    """How many replies of a model were rated on a day."""

    day: date
    model: str
    up: int
    down: int


def feedback_by_day(database: Database) -> Loader[FeedbackSpan, list[FeedbackOfDay]]:
    """What everybody gave, by day and model, the oldest first; all spans in one statement."""

    async def batch(spans: list[FeedbackSpan]) -> list[list[FeedbackOfDay]]:
        async with database.read() as connection:
            rows = await feedback.by_day(connection, spans)
        found: list[list[FeedbackOfDay]] = [[] for _ in spans]
        for row in rows:
            of_day = FeedbackOfDay(row["day"], row["model"], row["up"], row["down"])
            found[row["number"]].append(of_day)
        return [sorted(one) for one in found]

    return Loader(batch)
