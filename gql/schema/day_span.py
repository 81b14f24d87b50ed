"""The arguments of fields that list one row per day."""

from datetime import date
from typing import Annotated

import strawberry

from gql.errors import BadUserInput

MAX_SPAN_DAYS = 400

FirstDay = Annotated[
    date,
    strawberry.argument(name="from", description="The first UTC day of the range, included."),
]
LastDay = Annotated[
    date, strawberry.argument(description="The last UTC day of the range, included.")
]


def check_span(first: date, last: date) -> None:
    """Raise `BadUserInput` unless the days are in order, and not too many."""
    if not 1 <= (last - first).days + 1 <= MAX_SPAN_DAYS:
        raise BadUserInput(
            f"`from` must not be after `to`, and at most {MAX_SPAN_DAYS} days are given."
        )
