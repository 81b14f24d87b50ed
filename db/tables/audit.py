"""Who did what, when: appended to, never changed; a table for each kind of whom it concerns."""

from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import BigInteger, ForeignKey, Index, PrimaryKeyConstraint, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.states import ActorKind
from db.tables.base import Table, instant, now, numbered, one_of

# Any: each action has details of its own, which nothing reads back into decisions.
Details: TypeAlias = dict[str, Any]


class AuditEvent(Table):
    """One action that concerns a person."""

    __tablename__ = "audit_events"
    __table_args__ = (
        PrimaryKeyConstraint("user_id", "id"),
        one_of("actor_kind", *ActorKind),
        Index(None, "user_id", "occurred_at", "id"),
    )

    id: Mapped[numbered]
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id"))
    occurred_at: Mapped[datetime] = mapped_column(instant, server_default=now)
    actor_kind: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    action: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(Text)
    details: Mapped[Details] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))


class EnterpriseAuditEvent(Table):
    """One action that concerns a company."""

    __tablename__ = "enterprise_audit_events"
    __table_args__ = (
        PrimaryKeyConstraint("enterprise_account_id", "id"),
        one_of("actor_kind", *ActorKind),
        Index(None, "enterprise_account_id", "occurred_at", "id"),
    )

    id: Mapped[numbered]
    enterprise_account_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("enterprise_accounts.id")
    )
    occurred_at: Mapped[datetime] = mapped_column(instant, server_default=now)
    actor_kind: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    action: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(Text)
    details: Mapped[Details] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))


class GeneralAuditEvent(Table):
    """One action that concerns nobody, or nobody any more: those of people who were erased.

    The latter keep the ids that they had among the events of people, whose sequence is used.
    """

    __tablename__ = "general_audit_events"
    __table_args__ = (one_of("actor_kind", *ActorKind),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    occurred_at: Mapped[datetime] = mapped_column(instant, server_default=now)
    actor_kind: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    action: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(Text)
    details: Mapped[Details] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
