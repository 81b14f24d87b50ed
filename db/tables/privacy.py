"""What people asked for under the privacy law."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Table, identity, instant, now, one_of


class UserPrivacyRequest(Table):
    """A request for an export or an erasure, from asking to completion."""

    __tablename__ = "user_privacy_requests"
    __table_args__ = (
        one_of("request_kind", "export", "delete"),
        one_of("status", "requested", "processing", "completed", "failed", "cancelled"),
        CheckConstraint("(status = 'completed') = (completed_at IS NOT NULL)", "completed_at"),
        Index(
            "uq_user_privacy_requests_under_way",
            *("user_id", "request_kind"),
            unique=True,
            postgresql_where="status IN ('requested', 'processing')",
        ),
        Index("ix_user_privacy_requests_user_id_requested_at_id", "user_id", "requested_at", "id"),
        Index(
            "ix_user_privacy_requests_user_id_request_kind_requested_at_id",
            *("user_id", "request_kind", "requested_at", "id"),
        ),
    )

    id: Mapped[identity]
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id"))
    request_kind: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, server_default=text("'requested'"))
    requested_at: Mapped[datetime] = mapped_column(instant, server_default=now)
    scheduled_for: Mapped[datetime | None] = mapped_column(instant)
    completed_at: Mapped[datetime | None] = mapped_column(instant)
    error_reason: Mapped[str | None] = mapped_column(Text)
