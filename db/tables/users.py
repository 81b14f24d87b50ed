"""The people who talk to the product."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Table, identity, instant, now


class User(Table):
    """A person; the identity provider's `sub` claim is `id`.

    Nobody else has the address: `user_emails` sees to it. From `erasure_began_at` on the person is
    signed out; the erasure deletes the row at its end.
    """

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("email = lower(email) AND email LIKE '%_@_%'", "email"),)

    id: Mapped[identity]
    email: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(instant, server_default=now)
    erasure_began_at: Mapped[datetime | None] = mapped_column(instant)
