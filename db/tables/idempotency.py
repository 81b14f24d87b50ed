"""Idempotency keys of mutations, so that a repeated request changes nothing."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Table, identity, instant, now


class IdempotencyKey(Table):
    """A key of one caller, the fingerprint of its request, and the result."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        CheckConstraint("num_nonnulls(user_id, enterprise_account_id) = 1", "one_caller"),
        CheckConstraint("char_length(key) BETWEEN 1 AND 255", "key"),
        CheckConstraint("octet_length(fingerprint) = 32", "fingerprint"),
        UniqueConstraint("user_id", "key"),
        UniqueConstraint("enterprise_account_id", "key"),
        Index(None, "created_at"),
    )

    id: Mapped[identity]
    user_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("users.id"))
    enterprise_account_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("enterprise_accounts.id")
    )
    key: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    # Any: each operation stores what it needs to repeat its answer.
    result: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    created_at: Mapped[datetime] = mapped_column(instant, server_default=now)
