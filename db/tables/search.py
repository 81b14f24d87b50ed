"""What messages are found by when a person searches them."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Table, instant, of_user


class MessageSearch(Table):
    """The lexemes of a message, each of which begins with its person.

    They are stored outside of the row, which so stays short. Each message of a person has a
    `place`, one above the newest or below the oldest. Several share one that were numbered at once.
    The version before wrote lexemes of `form` 1.
    """

    __tablename__ = "chat_message_searches"
    __table_args__ = (
        of_user("message_id", "chat_messages", ondelete="CASCADE"),
        Index(None, "lexemes", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
        Index(None, "user_id", "created_at", "place"),
        Index(None, "user_id", "place"),
        Index(
            "ix_chat_message_searches_earlier_form",
            "user_id",
            "message_id",
            postgresql_where=text("form = 1"),
        ),
    )

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    message_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    place: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(instant)
    lexemes: Mapped[str] = mapped_column(TSVECTOR)
    form: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))


class MessageToIndex(Table):
    """A message that is not in the search yet; a trigger of `chat_messages` puts it here."""

    __tablename__ = "chat_messages_to_index"
    __table_args__ = (of_user("message_id", "chat_messages", ondelete="CASCADE"),)

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    message_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
