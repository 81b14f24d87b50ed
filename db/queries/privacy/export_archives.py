"""Statements about the archives of exports."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, Text, and_, any_, bindparam, insert, select, update

from db.database import Connection
from db.row import Row
from db.statement import Statement, repository_method
from db.tables import (
    PrivacyExport,
    PrivacyExportFile,
    PrivacyExportToken,
    UserPrivacyRequest,
)

_AVAILABLE = (
    PrivacyExport.expires_at > bindparam("now"),
    PrivacyExport.revoked_at.is_(None),
)
_IS_USERS = PrivacyExport.user_id == bindparam("of_user", type_=BigInteger)
_BY_REQUEST = Statement(
    "privacy.archives_by_request",
    select(
        PrivacyExport.request_id,
        PrivacyExport.file_name,
        PrivacyExport.byte_size,
        PrivacyExport.sha256,
        PrivacyExport.expires_at,
    ).where(
        _IS_USERS,
        PrivacyExport.request_id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
        *_AVAILABLE,
    ),
)
_BY_TOKEN = Statement(
    "privacy.archive_by_token",
    select(PrivacyExport.file_name, PrivacyExport.expires_at, PrivacyExport.revoked_at)
    .join_from(
        PrivacyExportToken,
        PrivacyExport,
        and_(
            PrivacyExport.user_id == PrivacyExportToken.user_id,
            PrivacyExport.request_id == PrivacyExportToken.request_id,
        ),
    )
    .where(PrivacyExportToken.token_hash == bindparam("token_hash")),
)
_INSERT = Statement(
    "privacy.insert_archive",
    insert(PrivacyExport).values(
        user_id=bindparam("of_user"),
        request_id=bindparam("request_id"),
        file_name=bindparam("file_name"),
        token_hash=bindparam("token_hash"),
        byte_size=bindparam("byte_size"),
        sha256=bindparam("sha256"),
        expires_at=bindparam("expires_at"),
    ),
)
_REVOKE = update(PrivacyExport).where(PrivacyExport.revoked_at.is_(None))
_REVOKE_ALL = Statement(
    "privacy.revoke_archives",
    _REVOKE.where(_IS_USERS).values(revoked_at=bindparam("now")),
)
_REVOKE_ONE = Statement(
    "privacy.revoke_archive",
    _REVOKE.where(_IS_USERS, PrivacyExport.request_id == bindparam("of_request"))
    .values(revoked_at=bindparam("now"))
    .returning(PrivacyExport.request_id),
)
_AVAILABLE_AMONG = Statement(
    "privacy.archives_available",
    select(PrivacyExport.file_name)
    .join_from(
        PrivacyExportFile,
        PrivacyExport,
        and_(
            PrivacyExport.user_id == PrivacyExportFile.user_id,
            PrivacyExport.request_id == PrivacyExportFile.request_id,
        ),
    )
    .where(PrivacyExportFile.file_name == any_(bindparam("names", type_=ARRAY(Text))), *_AVAILABLE),
)
_REQUESTS_OF_USER = Statement(
    "privacy.requests_of_user",
    select(UserPrivacyRequest.id).where(UserPrivacyRequest.user_id == bindparam("of_user")),
)


@repository_method
async def by_request(
    connection: Connection, request_ids: Sequence[int], user_id: int, now: datetime
) -> list[Row]:
    """The archives of a person's requests, as far as they can be downloaded at `now`."""
    return await connection.fetch(_BY_REQUEST, ids=request_ids, of_user=user_id, now=now)


@repository_method
async def by_token(connection: Connection, token_hash: bytes) -> Row | None:
    """`(file_name, expires_at, revoked_at)` of the archive with this download token."""
    rows = await connection.fetch(_BY_TOKEN, token_hash=token_hash)
    return rows[0] if rows else None


@repository_method
async def insert_archive(
    connection: Connection,
    *,
    user_id: int,
    request_id: int,
    file_name: str,
    token_hash: bytes,
    byte_size: int,
    sha256: bytes,
    expires_at: datetime,
) -> None:
    """Add the archive of a request."""
    await connection.fetch(
        _INSERT,
        of_user=user_id,
        request_id=request_id,
        file_name=file_name,
        token_hash=token_hash,
        byte_size=byte_size,
        sha256=sha256,
        expires_at=expires_at,
    )


@repository_method
async def revoke_all(connection: Connection, user_id: int, now: datetime) -> None:
    """Revoke the download links of a person's archives."""
    await connection.fetch(_REVOKE_ALL, of_user=user_id, now=now)


@repository_method
async def revoke(connection: Connection, user_id: int, request_id: int, now: datetime) -> bool:
    """Revoke the download link of one archive; False if it has none that works."""
    return bool(
        await connection.fetch(_REVOKE_ONE, of_user=user_id, of_request=request_id, now=now)
    )


@repository_method
async def available_among(
    connection: Connection, file_names: Sequence[str], now: datetime
) -> set[str]:
    """Those of the files that can still be downloaded at `now`."""
    rows = await connection.fetch(_AVAILABLE_AMONG, names=file_names, now=now)
    return {row["file_name"] for row in rows}


@repository_method
async def requests_of_user(connection: Connection, user_id: int) -> list[int]:
    """All requests of a person's, each of which may have an archive."""
    rows = await connection.fetch(_REQUESTS_OF_USER, of_user=user_id)
    return [row["id"] for row in rows]
