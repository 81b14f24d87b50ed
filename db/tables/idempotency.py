"""Idempotency keys of mutations, so that a repeated request changes nothing."""

from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Table, instant, now, numbered

# Any: each operation stores what it needs to repeat its answer.
Result: TypeAlias = dict[str, Any]


class IdempotencyKey(Table):
    """A key of a person, the fingerprint of its request, and the result."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        PrimaryKeyConstraint("user_id", "id"),
        CheckConstraint("char_length(key) BETWEEN 1 AND 255", "key"),
        CheckConstraint("octet_length(fingerprint) = 32", "fingerprint"),
        UniqueConstraint("user_id", "key"),
        Index(None, "created_at"),
    )

    id: Mapped[numbered]
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id"))
    key: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    result: Mapped[Result] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    created_at: Mapped[datetime] = mapped_column(instant, server_default=now)


class EnterpriseIdempotencyKey(Table):
    """A key of a company, the fingerprint of its request, and the result."""

    __tablename__ = "enterprise_idempotency_keys"
    __table_args__ = (
        PrimaryKeyConstraint("enterprise_account_id", "id"),
        CheckConstraint("char_length(key) BETWEEN 1 AND 255", "key"),
        CheckConstraint("octet_length(fingerprint) = 32", "fingerprint"),
        UniqueConstraint("enterprise_account_id", "key"),
        Index(None, "created_at"),
    )

    id: Mapped[numbered]
    enterprise_account_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("enterprise_accounts.id")
    )
    key: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    result: Mapped[Result] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    created_at: Mapped[datetime] = mapped_column(instant, server_default=now)
