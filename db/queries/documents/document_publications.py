"""Statements about trusted documents: which are published for which client, and the version."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    ARRAY,
    LargeBinary,
    Text,
    any_,
    bindparam,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from db.database import Connection
from db.queries.clauses.expressions import array_columns
from db.row import Row
from db.statement import Statement, repository_method
from db.states import DocumentState
from db.tables import (
    TrustedDocument,
    TrustedDocumentPublication,
    TrustedDocumentVersion,
)

_publication = TrustedDocumentPublication
_hashes = any_(bindparam("hashes", type_=ARRAY(LargeBinary)))
_VERSION = Statement("operations.version", select(TrustedDocumentVersion.version))
_NEXT_VERSION = Statement(
    "operations.next_version",
    update(TrustedDocumentVersion)
    .values(version=TrustedDocumentVersion.version + 1)
    .returning(TrustedDocumentVersion.version),
)
_SERVED = Statement(
    "operations.served",
    select(
        _publication.client_name,
        _publication.sha256,
        _publication.operation_name,
        _publication.document_id,
        _publication.state,
    )
    .where(_publication.state != DocumentState.RETIRED)
    .order_by(_publication.id),
)
_BODIES = Statement(
    "operations.bodies",
    select(TrustedDocument.sha256, TrustedDocument.body).where(TrustedDocument.sha256 == _hashes),
)
_OF_CLIENT = Statement(
    "operations.of_client",
    select(_publication.sha256, _publication.state, _publication.document_id).where(
        _publication.client_name == bindparam("client_name"), _publication.sha256 == _hashes
    ),
)
_BY_DOCUMENT_ID = Statement(
    "operations.by_document_id",
    select(_publication.document_id, _publication.sha256, _publication.client_name).where(
        _publication.document_id == any_(bindparam("document_ids", type_=ARRAY(Text)))
    ),
)
_texts = array_columns("saved", hashes=LargeBinary, bodies=Text)
_SAVE_DOCUMENTS = Statement(
    "operations.save_documents",
    insert(TrustedDocument)
    .from_select(["sha256", "body"], select(_texts))
    .on_conflict_do_nothing(),
)
_saved = array_columns(
    "saved",
    hashes=LargeBinary,
    operation_names=Text,
    document_ids=Text,
    costs=_publication.cost.type,
)
_insert = insert(_publication).from_select(
    [
        *("client_name", "published_at", "state_changed_at"),
        *("sha256", "operation_name", "document_id", "cost"),
    ],
    select(
        bindparam("client_name", type_=Text),
        bindparam("now", type_=_publication.published_at.type),
        bindparam("now", type_=_publication.published_at.type),
        *_saved.c,
    ),
)
_PUBLISH = Statement(
    "operations.publish",
    _insert.on_conflict_do_update(
        index_elements=[_publication.client_name, _publication.sha256],
        set_={
            "state": DocumentState.ACTIVE,
            "operation_name": _insert.excluded.operation_name,
            "document_id": _insert.excluded.document_id,
            "cost": _insert.excluded.cost,
            "state_changed_at": bindparam("now", type_=_publication.published_at.type),
        },
    ),
)
_CHANGE_STATE = Statement(
    "operations.change_state",
    update(_publication)
    .where(
        _publication.client_name == bindparam("client_name"),
        or_(
            _publication.sha256 == bindparam("sha256", type_=LargeBinary),
            _publication.operation_name == bindparam("named", type_=Text),
            _publication.document_id == bindparam("named", type_=Text),
        ),
        _publication.state != bindparam("new_state", type_=Text),
    )
    .values(state=bindparam("new_state"), state_changed_at=bindparam("now"))
    .returning(_publication.operation_name, _publication.sha256),
)
_LISTED = Statement(
    "operations.listed",
    select(
        _publication.client_name,
        _publication.operation_name,
        _publication.sha256,
        _publication.document_id,
        _publication.state,
        _publication.cost,
        _publication.published_at,
        TrustedDocument.body,
    )
    .join(TrustedDocument, TrustedDocument.sha256 == _publication.sha256)
    .order_by(_publication.client_name, _publication.operation_name, _publication.id),
)


@repository_method
async def version(connection: Connection) -> int:
    """The version of what is published; it changes with every publication."""
    (row,) = await connection.fetch(_VERSION)
    return int(row["version"])


@repository_method
async def next_version(connection: Connection) -> None:
    """Increment the version; concurrent publications wait until this transaction commits."""
    await connection.fetch(_NEXT_VERSION)


@repository_method
async def served(connection: Connection) -> list[Row]:
    """The publications that are not retired, oldest first."""
    return await connection.fetch(_SERVED)


@repository_method
async def bodies(connection: Connection, hashes: Sequence[bytes]) -> list[Row]:
    """The texts of these documents."""
    return await connection.fetch(_BODIES, hashes=hashes)


@repository_method
async def of_client(connection: Connection, client_name: str, hashes: Sequence[bytes]) -> list[Row]:
    """A client's publications of these documents."""
    return await connection.fetch(_OF_CLIENT, client_name=client_name, hashes=hashes)


@repository_method
async def by_document_id(connection: Connection, document_ids: Sequence[str]) -> list[Row]:
    """The publications with these document ids."""
    return await connection.fetch(_BY_DOCUMENT_ID, document_ids=document_ids)


@repository_method
async def save_documents(
    connection: Connection, hashes: Sequence[bytes], texts: Sequence[str]
) -> None:
    """Insert the texts that are not stored yet."""
    await connection.fetch(_SAVE_DOCUMENTS, hashes=hashes, bodies=texts)


@repository_method
async def publish(
    connection: Connection,
    client_name: str,
    now: datetime,
    *,
    hashes: Sequence[bytes],
    operation_names: Sequence[str],
    document_ids: Sequence[str | None],
    costs: Sequence[int],
) -> None:
    """Publish documents for a client, as active; other clients' publications are not affected."""
    await connection.fetch(
        _PUBLISH,
        client_name=client_name,
        now=now,
        hashes=hashes,
        operation_names=operation_names,
        document_ids=document_ids,
        costs=costs,
    )


@repository_method
async def change_state(
    connection: Connection,
    client_name: str,
    now: datetime,
    *,
    sha256: bytes | None,
    named: str,
    new_state: str,
) -> list[Row]:
    """Change the state of a client's publications with this hash, id or name, and return them."""
    return await connection.fetch(
        _CHANGE_STATE,
        client_name=client_name,
        now=now,
        sha256=sha256,
        named=named,
        new_state=new_state,
    )


@repository_method
async def listed(connection: Connection) -> list[Row]:
    """Every publication with its text, ordered by client and name."""
    return await connection.fetch(_LISTED)
