"""The types of what people think of replies."""

from datetime import date, datetime

import strawberry

from db.states import FeedbackRating
from gql.values.mappings import Column, Instant, Member, ObjectMapping
from loaders import FeedbackOfDay


@strawberry.type(description="What the viewer thinks of a reply: the newest that they gave.")
class MessageFeedback:
    """A person's rating of a reply."""

    rating: FeedbackRating = strawberry.field(description="Whether the reply was good.")
    comment: str | None = strawberry.field(
        description="What the person wrote about it; null where they wrote nothing."
    )
    created_at: datetime = strawberry.field(
        description="When it was given, or last given otherwise than before."
    )


MESSAGE_FEEDBACK = ObjectMapping(
    MessageFeedback,
    {
        "rating": Column("rating", FeedbackRating),
        "comment": Column("comment"),
        "created_at": Instant("created_at"),
    },
)


@strawberry.type(description="How many replies of one model were rated on one UTC day.")
class FeedbackSummary:
    """A day's sum."""

    day: date = strawberry.field(description="The UTC day on which they were rated.")
    model: str = strawberry.field(
        description="The model; a reply that several wrote counts for each of them."
    )
    up: int = strawberry.field(description="How many were rated `UP`.")
    down: int = strawberry.field(description="How many were rated `DOWN`.")


FEEDBACK_SUMMARY = ObjectMapping(
    FeedbackSummary,
    {name: Member(name) for name in ("day", "model", "up", "down")},
    source=FeedbackOfDay,
)
MAPPINGS = (MESSAGE_FEEDBACK, FEEDBACK_SUMMARY)
