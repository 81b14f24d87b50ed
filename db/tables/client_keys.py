"""What clients call a conversation or a message before they know its id."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Table, of_user


class ConversationKey(Table):
    """A client's own name for a conversation that its first message started."""

    __tablename__ = "chat_conversation_keys"
    __table_args__ = (
        CheckConstraint("char_length(key) BETWEEN 1 AND 255", "key"),
        of_user("conversation_id", "chat_conversations", ondelete="CASCADE"),
        Index(None, "user_id", "conversation_id"),
    )

    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id"), primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(BigInteger)


class MessageKey(Table):
    """A client's own name for a person's message; of several, the last written has it."""

    __tablename__ = "chat_message_keys"
    __table_args__ = (
        CheckConstraint("char_length(key) BETWEEN 1 AND 255", "key"),
        of_user("conversation_id", "chat_conversations", ondelete="CASCADE"),
        of_user("message_id", "chat_messages", ondelete="CASCADE"),
        Index(None, "user_id", "message_id"),
    )

    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id"), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    message_id: Mapped[int] = mapped_column(BigInteger)
