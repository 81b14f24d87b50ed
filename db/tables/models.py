"""What each model wrote of replies, and the tokens and money that this took, by day."""

from datetime import date
from typing import Annotated

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    PrimaryKeyConstraint,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Table, of_account, of_user

_tokens = Annotated[int | None, mapped_column(BigInteger)]
_sum = Annotated[int, mapped_column(BigInteger, server_default=text("0"))]
_DAY_KEY = ("usage_date", "model", "currency")


class PartColumns:
    """What one model wrote of a reply, from `start_offset` in UTF-16 code units on.

    A count that the model did not report is null, and so is the cost where it has no price.
    """

    part_number: Mapped[int] = mapped_column(SmallInteger)
    model: Mapped[str] = mapped_column(Text)
    start_offset: Mapped[int]
    prompt_tokens: Mapped[_tokens]
    cached_tokens: Mapped[_tokens]
    completion_tokens: Mapped[_tokens]
    reasoning_tokens: Mapped[_tokens]
    cost_micros: Mapped[_tokens]
    currency: Mapped[str | None] = mapped_column(Text)


class DailySum:
    """The calls of a model on one UTC day, their tokens, and their cost in millionths.

    An empty currency is that of a model without a price.
    """

    usage_date: Mapped[date]
    model: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    calls: Mapped[_sum]
    unreported_calls: Mapped[_sum]
    prompt_tokens: Mapped[_sum]
    cached_tokens: Mapped[_sum]
    completion_tokens: Mapped[_sum]
    reasoning_tokens: Mapped[_sum]
    cost_micros: Mapped[_sum]


class GenerationPart(PartColumns, Table):
    """A part of a person's reply."""

    __tablename__ = "generation_parts"
    __table_args__ = (
        PrimaryKeyConstraint("user_id", "reply_id", "part_number"),
        of_user("reply_id", "chat_messages", ondelete="CASCADE"),
        CheckConstraint("start_offset >= 0", "start_offset"),
    )

    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id"))
    reply_id: Mapped[int] = mapped_column(BigInteger)


class EnterpriseGenerationPart(PartColumns, Table):
    """A part of a company's reply."""

    __tablename__ = "enterprise_generation_parts"
    __table_args__ = (
        PrimaryKeyConstraint("enterprise_account_id", "reply_id", "part_number"),
        of_account("reply_id", "enterprise_generations"),
        CheckConstraint("start_offset >= 0", "start_offset"),
    )

    enterprise_account_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("enterprise_accounts.id")
    )
    reply_id: Mapped[int] = mapped_column(BigInteger)


class ModelDailyUsage(DailySum, Table):
    """What the models took for one person on one day."""

    __tablename__ = "model_daily_usages"
    __table_args__ = (PrimaryKeyConstraint("user_id", *_DAY_KEY),)

    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id"))


class EnterpriseModelDailyUsage(DailySum, Table):
    """What the models took for one company on one day."""

    __tablename__ = "enterprise_model_daily_usages"
    __table_args__ = (PrimaryKeyConstraint("enterprise_account_id", *_DAY_KEY),)

    enterprise_account_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("enterprise_accounts.id")
    )


class ModelDailyTotal(DailySum, Table):
    """What the models took for everybody on one day, also for people who were erased since.

    The sum of a day is that of its shards, each of which some of the writers add to.
    """

    __tablename__ = "model_daily_totals"
    __table_args__ = (PrimaryKeyConstraint(*_DAY_KEY, "shard"),)

    shard: Mapped[int] = mapped_column(SmallInteger)
