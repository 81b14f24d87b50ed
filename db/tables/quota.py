"""The quota that each person used on each UTC day, and a ledger of its changes."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.states import QuotaEntryKind
from db.tables.base import Table, instant, now, numbered, one_of


class DailyQuotaUsage(Table):
    """The units of one person's quota that one UTC day has used."""

    __tablename__ = "daily_quota_usages"
    __table_args__ = (CheckConstraint("used >= 0", "used"),)

    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id"), primary_key=True)
    usage_date: Mapped[date] = mapped_column(primary_key=True)
    used: Mapped[int] = mapped_column(server_default=text("0"))


class QuotaLedgerEntry(Table):
    """One change of a day's use; entries are never changed, and a day's units add up to its use.

    A reply reserves its unit once, and either settles or releases it, once. `opening` is the use
    before the ledger existed. Entries outlive the deletion of their reply.
    """

    __tablename__ = "quota_ledger_entries"
    __table_args__ = (
        PrimaryKeyConstraint("user_id", "id"),
        one_of("kind", *QuotaEntryKind),
        CheckConstraint("(kind = 'opening') = (reply_id IS NULL)", "replies_reserve"),
        CheckConstraint(
            "CASE kind WHEN 'opening' THEN units >= 0 WHEN 'reserve' THEN units = 1 "
            "WHEN 'settle' THEN units = 0 ELSE units = -1 END",
            "units",
        ),
        Index(
            "uq_quota_ledger_entries_reserved",
            *("user_id", "reply_id"),
            unique=True,
            postgresql_where="kind = 'reserve'",
        ),
        Index(
            "uq_quota_ledger_entries_ended",
            *("user_id", "reply_id"),
            unique=True,
            postgresql_where="kind IN ('settle', 'release')",
        ),
        Index(None, "user_id", "usage_date"),
    )

    id: Mapped[numbered]
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id"))
    usage_date: Mapped[date]
    kind: Mapped[str] = mapped_column(Text)
    units: Mapped[int]
    reply_id: Mapped[int | None] = mapped_column(BigInteger)
    occurred_at: Mapped[datetime] = mapped_column(instant, server_default=now)
