"""Statements about the use of trusted documents, and about documents that nobody published."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, LargeBinary, Text, bindparam, delete, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from db.database import Connection
from db.queries.clauses.expressions import array_columns
from db.row import Row
from db.statement import Statement, repository_method
from db.tables import TrustedDocumentUse, UnknownDocument

_use = TrustedDocumentUse
_unknown = UnknownDocument
_noted = array_columns(
    "noted",
    hashes=LargeBinary,
    client_names=Text,
    counts=BigInteger,
    first=_use.first_used_at.type,
    last=_use.last_used_at.type,
)
_new_uses = insert(_use).from_select(
    ["sha256", "client_name", "use_count", "first_used_at", "last_used_at"], select(_noted)
)
_NOTE_USES = Statement(
    "document_use.note",
    _new_uses.on_conflict_do_update(
        index_elements=[_use.sha256, _use.client_name],
        set_={
            "use_count": _use.use_count + _new_uses.excluded.use_count,
            "first_used_at": func.least(_use.first_used_at, _new_uses.excluded.first_used_at),
            "last_used_at": func.greatest(_use.last_used_at, _new_uses.excluded.last_used_at),
        },
    ),
)
_USES = Statement(
    "operations.uses",
    select(
        _use.sha256,
        _use.client_name,
        _use.use_count,
        _use.first_used_at,
        _use.last_used_at,
    ).order_by(_use.client_name),
)
_seen = array_columns(
    "seen",
    hashes=LargeBinary,
    client_names=Text,
    bodies=Text,
    operation_names=Text,
    costs=_unknown.cost.type,
    counts=BigInteger,
    first=_unknown.first_seen_at.type,
    last=_unknown.last_seen_at.type,
)
_new_unknown = insert(_unknown).from_select(
    [
        *("sha256", "client_name", "body", "operation_name", "cost", "request_count"),
        *("first_seen_at", "last_seen_at"),
    ],
    select(_seen).where(
        or_(
            select(func.count()).select_from(_unknown).scalar_subquery() < bindparam("most"),
            exists().where(
                _unknown.sha256 == _seen.c.hashes, _unknown.client_name == _seen.c.client_names
            ),
        )
    ),
)
_NOTE_UNKNOWN = Statement(
    "document_use.note_unknown",
    _new_unknown.on_conflict_do_update(
        index_elements=[_unknown.sha256, _unknown.client_name],
        set_={
            "request_count": _unknown.request_count + _new_unknown.excluded.request_count,
            "cost": _new_unknown.excluded.cost,
            "last_seen_at": func.greatest(
                _unknown.last_seen_at, _new_unknown.excluded.last_seen_at
            ),
        },
    ),
)
_UNKNOWN = Statement(
    "document_use.unknown",
    select(
        _unknown.sha256,
        _unknown.client_name,
        _unknown.body,
        _unknown.operation_name,
        _unknown.cost,
        _unknown.request_count,
        _unknown.first_seen_at,
        _unknown.last_seen_at,
    ).order_by(_unknown.request_count.desc(), _unknown.sha256, _unknown.client_name),
)
_KNOWN_NOW = Statement(
    "document_use.known_now",
    delete(_unknown).where(_unknown.sha256 == bindparam("sha256", type_=LargeBinary)),
)
_FORGET_OLD = Statement(
    "document_use.forget_old", delete(_unknown).where(_unknown.last_seen_at < bindparam("before"))
)


@repository_method
async def note(
    connection: Connection,
    *,
    hashes: Sequence[bytes],
    client_names: Sequence[str],
    counts: Sequence[int],
    first: Sequence[datetime],
    last: Sequence[datetime],
) -> None:
    """Add uses to the counts of documents."""
    await connection.fetch(
        _NOTE_USES, hashes=hashes, client_names=client_names, counts=counts, first=first, last=last
    )


@repository_method
async def uses(connection: Connection) -> list[Row]:
    """The use of every document, ordered by client."""
    return await connection.fetch(_USES)


@repository_method
async def note_unknown(
    connection: Connection,
    *,
    hashes: Sequence[bytes],
    client_names: Sequence[str],
    bodies: Sequence[str],
    operation_names: Sequence[str | None],
    costs: Sequence[int],
    counts: Sequence[int],
    first: Sequence[datetime],
    last: Sequence[datetime],
    most: int,
) -> None:
    """Add requests to the counts of unknown documents, of which at most `most` are stored."""
    await connection.fetch(
        _NOTE_UNKNOWN,
        hashes=hashes,
        client_names=client_names,
        bodies=bodies,
        operation_names=operation_names,
        costs=costs,
        counts=counts,
        first=first,
        last=last,
        most=most,
    )


@repository_method
async def unknown(connection: Connection) -> list[Row]:
    """The requested documents that nobody published, most frequent first."""
    return await connection.fetch(_UNKNOWN)


@repository_method
async def known_now(connection: Connection, sha256: bytes) -> None:
    """Delete a document from the unknown ones, since it is published now."""
    await connection.fetch(_KNOWN_NOW, sha256=sha256)


@repository_method
async def forget_old(connection: Connection, before: datetime) -> None:
    """Delete the unknown documents that nobody has sent since."""
    await connection.fetch(_FORGET_OLD, before=before)
