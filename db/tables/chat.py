"""Conversations, their messages, and the replies that are being written."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.states import ConversationStatus, MessageRole, MessageStatus, ReplyFailure, TitleOrigin
from db.tables.base import Table, instant, now, numbered, of_user, one_of


class ChatConversation(Table):
    """A conversation; `updated_at` moves with every message and orders the list.

    `shown_branch` is the last branch of the path that is shown.
    """

    __tablename__ = "chat_conversations"
    __table_args__ = (
        PrimaryKeyConstraint("user_id", "id"),
        one_of("status", *ConversationStatus),
        CheckConstraint("char_length(title) BETWEEN 1 AND 120", "title"),
        one_of("title_origin", *TitleOrigin),
        Index(
            "ix_chat_conversations_user_id_status_updated_at_id",
            *("user_id", "status", "updated_at", "id"),
        ),
        Index("ix_chat_conversations_user_id_updated_at_id", "user_id", "updated_at", "id"),
        Index(
            "ix_chat_conversations_pinned",
            *("user_id", "updated_at", "id"),
            postgresql_where=text("is_pinned"),
        ),
    )

    id: Mapped[numbered]
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id"))
    title: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, server_default=text("'active'"))
    created_at: Mapped[datetime] = mapped_column(instant, server_default=now)
    updated_at: Mapped[datetime] = mapped_column(instant, server_default=now)
    shown_branch: Mapped[int] = mapped_column(server_default=text("0"))
    is_pinned: Mapped[bool] = mapped_column(server_default=text("false"))
    # Of conversations that know nothing of it, a title may be a person's.
    title_origin: Mapped[str] = mapped_column(Text, server_default=text(f"'{TitleOrigin.PERSON}'"))


class ChatConversationTag(Table):
    """A tag of a conversation, with the `updated_at` of the conversation, which orders the list."""

    __tablename__ = "chat_conversation_tags"
    __table_args__ = (
        CheckConstraint("char_length(tag) BETWEEN 1 AND 40", "tag"),
        of_user("conversation_id", "chat_conversations", ondelete="CASCADE"),
        Index(
            "ix_chat_conversation_tags_by_tag",
            *("user_id", "tag", "updated_at", "conversation_id"),
        ),
    )

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    tag: Mapped[str] = mapped_column(Text, primary_key=True)
    updated_at: Mapped[datetime] = mapped_column(instant)


class ChatBranch(Table):
    """A branch of a conversation that forks: it follows a position of its parent branch.

    Branch 0 is the first. First messages follow the position `-infinity`, 0 of it. `created_at` is
    that of its first message. `shown_order` grows each time that a branch of the conversation is
    shown.
    """

    __tablename__ = "chat_branches"
    __table_args__ = (
        CheckConstraint("number = 0 OR parent_branch < number", "parents_are_older"),
        of_user("conversation_id", "chat_conversations", ondelete="CASCADE"),
        Index(None, "user_id", "conversation_id", "parent_id"),
        Index(None, "user_id", "conversation_id", "shown_order"),
    )

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    parent_branch: Mapped[int]
    parent_at: Mapped[datetime] = mapped_column(instant)
    parent_id: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(instant)
    shown_order: Mapped[int] = mapped_column(BigInteger)


class ChatMessage(Table):
    """A person's message, or the model's reply and how it was generated.

    It follows the message before it in its `branch`, or else the position that the branch follows.

    No index begins with the person: for an average person the planner would read it together with
    that of a conversation, which is dear for somebody with very many messages.

    `stream_ends` are the offsets, in characters, at which the pieces of a streamed reply end.
    `retry_at` is when the model may be asked again, if that is known.
    """

    __tablename__ = "chat_messages"
    __table_args__ = (
        PrimaryKeyConstraint("id", "user_id"),
        of_user("conversation_id", "chat_conversations", ondelete="CASCADE"),
        one_of("role", *MessageRole),
        one_of("status", *MessageStatus),
        CheckConstraint("role = 'assistant' OR status = 'complete'", "people_write_at_once"),
        CheckConstraint("role = 'assistant' OR model IS NULL", "people_have_no_model"),
        CheckConstraint("(model IS NULL) = (attempts IS NULL)", "generation_is_whole"),
        one_of("failure_reason", *ReplyFailure),
        CheckConstraint("(status = 'failed') = (failure_reason IS NOT NULL)", "failed_has_reason"),
        Index(
            "ix_chat_messages_conversation_id_branch_created_at_id",
            *("conversation_id", "branch", "created_at", "id"),
        ),
    )

    id: Mapped[numbered]
    user_id: Mapped[int] = mapped_column(BigInteger)
    conversation_id: Mapped[int] = mapped_column(BigInteger)
    branch: Mapped[int] = mapped_column(server_default=text("0"))
    role: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, server_default=text("'complete'"))
    content: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(instant, server_default=now)
    model: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int | None]
    prompt_tokens: Mapped[int | None]
    completion_tokens: Mapped[int | None]
    latency_ms: Mapped[int | None]
    failure_reason: Mapped[str | None] = mapped_column(Text)
    retry_at: Mapped[datetime | None] = mapped_column(instant)
    stream_ends: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))


class ReplyGeneration(Table):
    """The lease of the process that writes a reply, which is its `writer_number`th.

    It may be written by `models`, the first of them first; by all where they are null. The lease
    ran out `times_abandoned`; writers that released it took `elapsed_ms`. The row is deleted
    when the reply ends. Whoever deletes it, and nobody else, records how the reply ended and
    settles the unit reserved on `usage_date`.
    """

    __tablename__ = "reply_generations"
    __table_args__ = (
        PrimaryKeyConstraint("user_id", "reply_id"),
        of_user("reply_id", "chat_messages", ondelete="CASCADE"),
        of_user("conversation_id", "chat_conversations", ondelete="CASCADE"),
        Index(None, "lease_expires_at"),
        Index(None, "owner"),
        Index(None, "conversation_id"),
    )

    reply_id: Mapped[int] = mapped_column(BigInteger)
    conversation_id: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id"))
    usage_date: Mapped[date]
    owner: Mapped[UUID]
    lease_expires_at: Mapped[datetime] = mapped_column(instant)
    stop_requested_at: Mapped[datetime | None] = mapped_column(instant)
    writer_number: Mapped[int] = mapped_column(server_default=text("1"))
    times_abandoned: Mapped[int] = mapped_column(server_default=text("0"))
    elapsed_ms: Mapped[int] = mapped_column(server_default=text("0"))
    models: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
