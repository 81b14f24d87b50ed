"""Who did what, when: appended to, never changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.states import ActorKind
from db.tables.base import Table, identity, instant, now, one_of


class AuditEvent(Table):
    """One action of an actor; `user_id` is the person it concerns, when it concerns one."""

    __tablename__ = "audit_events"
    __table_args__ = (
        one_of("actor_kind", *ActorKind),
        Index(None, "user_id", "occurred_at", "id"),
        Index(None, "enterprise_account_id", "occurred_at", "id"),
    )

    id: Mapped[identity]
    occurred_at: Mapped[datetime] = mapped_column(instant, server_default=now)
    actor_kind: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    user_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("users.id"))
    enterprise_account_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("enterprise_accounts.id")
    )
    action: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(Text)
    # Any: each action has details of its own, which nothing reads back into decisions.
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
