"""How many messages each person sent on each UTC day."""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Table


class DailyQuotaUsage(Table):
    """The units of one person's quota that one UTC day has used."""

    __tablename__ = "daily_quota_usages"
    __table_args__ = (CheckConstraint("used >= 0", "used"),)

    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id"), primary_key=True)
    usage_date: Mapped[date] = mapped_column(primary_key=True)
    used: Mapped[int] = mapped_column(server_default=text("0"))
