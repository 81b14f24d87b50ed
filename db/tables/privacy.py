"""Privacy requests, export archives, and the number of rows that erasures erased."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.states import PrivacyRequestKind, PrivacyRequestStatus
from db.tables.base import Table, instant, now, numbered, of_user, one_of

_UNDER_WAY = "status IN ('requested', 'processing')"
_OWED = f"{_UNDER_WAY} OR (status = 'failed' AND request_kind = 'delete')"


class UserPrivacyRequest(Table):
    """A request for an export or an erasure.

    A completed erasure moves to the archive, where it stays as the receipt. While a request is
    processed, `lease_owner` has a lease on it until `lease_expires_at`; without an owner, that is
    when it is tried again.
    """

    __tablename__ = "user_privacy_requests"
    __table_args__ = (
        PrimaryKeyConstraint("user_id", "id"),
        one_of("request_kind", *PrivacyRequestKind),
        one_of("status", *PrivacyRequestStatus),
        CheckConstraint("(status = 'completed') = (completed_at IS NOT NULL)", "completed_at"),
        CheckConstraint("(verified_at IS NULL) = (remaining_references IS NULL)", "verification"),
        Index(
            "uq_user_privacy_requests_under_way",
            *("user_id", "request_kind"),
            unique=True,
            postgresql_where=_UNDER_WAY,
        ),
        Index(
            "ix_user_privacy_requests_owed",
            *("request_kind", "requested_at"),
            postgresql_where=_OWED,
        ),
        Index("ix_user_privacy_requests_user_id_requested_at_id", "user_id", "requested_at", "id"),
        Index(
            "ix_user_privacy_requests_user_id_request_kind_requested_at_id",
            *("user_id", "request_kind", "requested_at", "id"),
        ),
    )

    id: Mapped[numbered]
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id"))
    request_kind: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, server_default=text("'requested'"))
    requested_at: Mapped[datetime] = mapped_column(instant, server_default=now)
    scheduled_for: Mapped[datetime | None] = mapped_column(instant)
    started_at: Mapped[datetime | None] = mapped_column(instant)
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    lease_owner: Mapped[UUID | None]
    lease_expires_at: Mapped[datetime | None] = mapped_column(instant)
    completed_at: Mapped[datetime | None] = mapped_column(instant)
    error_reason: Mapped[str | None] = mapped_column(Text)
    remaining_references: Mapped[int | None]
    verified_at: Mapped[datetime | None] = mapped_column(instant)


class PrivacyExport(Table):
    """The archive of a completed export, found by the hash of its link's token."""

    __tablename__ = "privacy_exports"
    __table_args__ = (
        PrimaryKeyConstraint("user_id", "request_id"),
        of_user("request_id", "user_privacy_requests"),
        CheckConstraint("octet_length(token_hash) = 32", "token_hash"),
        CheckConstraint("octet_length(sha256) = 32", "sha256"),
    )

    user_id: Mapped[int] = mapped_column(BigInteger)
    request_id: Mapped[int] = mapped_column(BigInteger)
    file_name: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    byte_size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(instant)
    revoked_at: Mapped[datetime | None] = mapped_column(instant)


class PrivacyErasureCount(Table):
    """How many rows of one table an erasure has erased so far; archived when it is completed."""

    __tablename__ = "privacy_erasure_counts"
    __table_args__ = (
        PrimaryKeyConstraint("user_id", "request_id", "table_name"),
        of_user("request_id", "user_privacy_requests"),
        CheckConstraint("row_count >= 0", "row_count"),
    )

    user_id: Mapped[int] = mapped_column(BigInteger)
    request_id: Mapped[int] = mapped_column(BigInteger)
    table_name: Mapped[str] = mapped_column(Text)
    row_count: Mapped[int] = mapped_column(BigInteger)
