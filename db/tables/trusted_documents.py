"""Trusted documents: texts, publications, objectives and use; and documents nobody published."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.states import DocumentState
from db.tables.base import Table, identity, instant, now, one_of


class TrustedDocument(Table):
    """A text, by its hash; it never changes."""

    __tablename__ = "trusted_documents"
    __table_args__ = (CheckConstraint("octet_length(sha256) = 32", "sha256"),)

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    body: Mapped[str] = mapped_column(Text)


class TrustedDocumentPublication(Table):
    """A document that a client published; `document_id` is the client's own id for it."""

    __tablename__ = "trusted_document_publications"
    __table_args__ = (
        one_of("state", *DocumentState),
        UniqueConstraint("client_name", "sha256"),
        Index(None, "sha256"),
        Index(None, "document_id", postgresql_where=text("document_id IS NOT NULL")),
    )

    id: Mapped[identity]
    client_name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[bytes] = mapped_column(LargeBinary, ForeignKey("trusted_documents.sha256"))
    operation_name: Mapped[str] = mapped_column(Text)
    document_id: Mapped[str | None] = mapped_column(Text)
    cost: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(Text, server_default=text("'active'"))
    published_at: Mapped[datetime] = mapped_column(instant, server_default=now)
    state_changed_at: Mapped[datetime] = mapped_column(instant, server_default=now)


class TrustedDocumentUse(Table):
    """How often a client has used a document; our own ones count too, though they are no rows."""

    __tablename__ = "trusted_document_uses"
    __table_args__ = (CheckConstraint("octet_length(sha256) = 32", "sha256"),)

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    client_name: Mapped[str] = mapped_column(Text, primary_key=True)
    use_count: Mapped[int] = mapped_column(BigInteger)
    first_used_at: Mapped[datetime] = mapped_column(instant)
    last_used_at: Mapped[datetime] = mapped_column(instant)


class TrustedDocumentObjective(Table):
    """A latency objective of a client's operation; the empty name is the client's default.

    It belongs to the operation's name, so it outlives releases that change the document.
    """

    __tablename__ = "trusted_document_objectives"
    __table_args__ = (CheckConstraint("0 < p95_ms AND p95_ms <= p99_ms", "order"),)

    client_name: Mapped[str] = mapped_column(Text, primary_key=True)
    operation_name: Mapped[str] = mapped_column(Text, primary_key=True)
    p95_ms: Mapped[int] = mapped_column(Integer)
    p99_ms: Mapped[int] = mapped_column(Integer)


class TrustedDocumentTool(Table):
    """A client's operation that agents may call as a tool, and what a caller may spend on it.

    It belongs to the operation's name, like an objective.
    """

    __tablename__ = "trusted_document_tools"
    __table_args__ = (
        CheckConstraint("0 < cost_per_call AND cost_per_call <= cost_per_day", "cost"),
        CheckConstraint("0 < bytes_per_call AND bytes_per_call <= bytes_per_day", "bytes"),
        CheckConstraint("0 < ms_per_call AND ms_per_call <= ms_per_day", "ms"),
    )

    client_name: Mapped[str] = mapped_column(Text, primary_key=True)
    operation_name: Mapped[str] = mapped_column(Text, primary_key=True)
    cost_per_call: Mapped[int] = mapped_column(Integer)
    bytes_per_call: Mapped[int] = mapped_column(Integer)
    ms_per_call: Mapped[int] = mapped_column(Integer)
    cost_per_day: Mapped[int] = mapped_column(BigInteger)
    bytes_per_day: Mapped[int] = mapped_column(BigInteger)
    ms_per_day: Mapped[int] = mapped_column(BigInteger)


class TrustedDocumentVersion(Table):
    """A table of one row, whose version increases with every publication."""

    __tablename__ = "trusted_document_version"
    __table_args__ = (CheckConstraint("id = 1", "one_row"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(BigInteger)


class UnknownDocument(Table):
    """A document that a client sent and nobody published; its text has no literal values."""

    __tablename__ = "unknown_documents"
    __table_args__ = (CheckConstraint("octet_length(sha256) = 32", "sha256"),)

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    client_name: Mapped[str] = mapped_column(Text, primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    operation_name: Mapped[str | None] = mapped_column(Text)
    cost: Mapped[int] = mapped_column(Integer)
    request_count: Mapped[int] = mapped_column(BigInteger)
    first_seen_at: Mapped[datetime] = mapped_column(instant)
    last_seen_at: Mapped[datetime] = mapped_column(instant)
