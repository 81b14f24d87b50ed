"""What people think of replies: their ratings, and how many there were of each model a day."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, PrimaryKeyConstraint, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from db.states import FeedbackRating
from db.tables.base import Table, instant, of_user, one_of


class MessageFeedback(Table):
    """A person's rating of a reply, the newest that they gave."""

    __tablename__ = "chat_message_feedback"
    __table_args__ = (
        of_user("message_id", "chat_messages", ondelete="CASCADE"),
        one_of("rating", *FeedbackRating),
        CheckConstraint("char_length(comment) BETWEEN 1 AND 2000", "comment"),
    )

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    message_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    rating: Mapped[str] = mapped_column(Text)
    comment: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(instant)


class ModelDailyFeedback(Table):
    """How many replies of a model were rated on one UTC day, also by people who were erased since.

    The sum of a day is that of its shards, each of which some of the writers add to.
    """

    __tablename__ = "model_daily_feedback"
    __table_args__ = (PrimaryKeyConstraint("day", "model", "shard"),)

    day: Mapped[date]
    model: Mapped[str] = mapped_column(Text)
    shard: Mapped[int] = mapped_column(SmallInteger)
    up: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    down: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
