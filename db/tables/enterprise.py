"""Companies, their API keys and what they used."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

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

from db.states import ApiCredentialStatus, MeteredReplyStatus, ReplyFailure
from db.tables.base import Table, identity, instant, now, numbered, of_account, one_of


class EnterpriseAccount(Table):
    """A company; one person administers it, and administers no other."""

    __tablename__ = "enterprise_accounts"
    __table_args__ = (Index(None, "administrator_id"),)

    id: Mapped[identity]
    company_name: Mapped[str] = mapped_column(Text)
    administrator_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(instant, server_default=now)


class EnterpriseCredential(Table):
    """An API key: looked up by `key_id`, and verified by the hash of its secret."""

    __tablename__ = "enterprise_credentials"
    __table_args__ = (
        PrimaryKeyConstraint("enterprise_account_id", "id"),
        one_of("status", *ApiCredentialStatus),
        CheckConstraint("octet_length(secret_hash) = 32", "secret_hash"),
        CheckConstraint("status <> 'retiring' OR expires_at IS NOT NULL", "retiring_expires"),
        Index(None, "enterprise_account_id", "created_at", "id"),
    )

    id: Mapped[numbered]
    enterprise_account_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("enterprise_accounts.id")
    )
    key_id: Mapped[str] = mapped_column(Text)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[str] = mapped_column(Text, server_default=text("'active'"))
    created_at: Mapped[datetime] = mapped_column(instant, server_default=now)
    last_used_at: Mapped[datetime | None] = mapped_column(instant)
    expires_at: Mapped[datetime | None] = mapped_column(instant)


class EnterpriseDailyUsage(Table):
    """The metered requests of one company on one UTC day."""

    __tablename__ = "enterprise_daily_usages"
    __table_args__ = (
        PrimaryKeyConstraint("enterprise_account_id", "id"),
        CheckConstraint("request_count >= 0", "request_count"),
        # The day comes first for reports of one day. The index below can then be rebuilt without
        # giving up uniqueness meanwhile.
        UniqueConstraint("usage_date", "enterprise_account_id"),
        Index(
            "ix_enterprise_daily_usages_enterprise_account_id_usage_date",
            *("enterprise_account_id", "usage_date"),
        ),
    )

    id: Mapped[numbered]
    enterprise_account_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("enterprise_accounts.id")
    )
    usage_date: Mapped[date]
    request_count: Mapped[int] = mapped_column(server_default=text("0"))


class EnterpriseGeneration(Table):
    """A metered reply; `is_overage` if it was served over a limit.

    While it runs, `owner` has a lease on it until `lease_expires_at`, and `question` is what
    another process would have to answer. Whoever ends it, and nobody else, settles the unit that
    was counted on `usage_date`.
    """

    __tablename__ = "enterprise_generations"
    __table_args__ = (
        PrimaryKeyConstraint("enterprise_account_id", "id"),
        of_account("credential_id", "enterprise_credentials"),
        one_of("status", *MeteredReplyStatus),
        one_of("failure_reason", *ReplyFailure),
        CheckConstraint("(status = 'failed') = (failure_reason IS NOT NULL)", "failed_has_reason"),
        CheckConstraint("status = 'complete' OR content IS NULL", "only_whole_texts"),
        Index(
            "ix_enterprise_generations_running",
            "lease_expires_at",
            postgresql_where=text("status = 'running'"),
        ),
        Index(
            "ix_enterprise_generations_running_owner",
            "owner",
            postgresql_where=text("status = 'running'"),
        ),
        Index(
            "ix_enterprise_generations_kept_texts",
            "created_at",
            postgresql_where=text("content IS NOT NULL"),
        ),
        Index(
            "ix_enterprise_generations_kept_questions",
            "created_at",
            postgresql_where=text("question IS NOT NULL"),
        ),
        Index(None, "enterprise_account_id", "usage_date"),
    )

    id: Mapped[numbered]
    enterprise_account_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("enterprise_accounts.id")
    )
    credential_id: Mapped[int] = mapped_column(BigInteger)
    usage_date: Mapped[date]
    is_overage: Mapped[bool]
    status: Mapped[str] = mapped_column(Text, server_default=text("'running'"))
    owner: Mapped[UUID]
    lease_expires_at: Mapped[datetime] = mapped_column(instant)
    created_at: Mapped[datetime] = mapped_column(instant, server_default=now)
    content: Mapped[str | None] = mapped_column(Text)
    failure_reason: Mapped[str | None] = mapped_column(Text)
    retry_after_seconds: Mapped[int | None]
    model: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    prompt_tokens: Mapped[int | None]
    completion_tokens: Mapped[int | None]
    latency_ms: Mapped[int | None]
    writer_number: Mapped[int] = mapped_column(server_default=text("1"))
    times_abandoned: Mapped[int] = mapped_column(server_default=text("0"))
    elapsed_ms: Mapped[int] = mapped_column(server_default=text("0"))
    question: Mapped[dict[str, Any] | None] = mapped_column(JSONB)  # Any: JSON
