"""The document id in a request: in the draft's form, and in those of older clients."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from app.graphql.request.bad_request import BadRequest
from services.documents.identifiers import (
    LONGEST_ID,
    canonical_id,
    is_document_id,
    is_valid_custom_id,
)

_OLDER_MEMBERS = ("id", "doc_id")
_PERSISTED_QUERY = "persistedQuery"
_VERSION = 1


class DocumentReference(NamedTuple):
    """The canonical id of a document, and whether it is that of an automatic persisted query."""

    id: str
    is_automatic: bool = False


# Any: members are JSON of unknown shape until they are checked here.
def document_reference(
    members: Mapping[str, Any], extensions: Mapping[str, Any] | None
) -> DocumentReference | None:
    """The document id of a request, if it has one; raises `BadRequest`."""
    found = []
    document_id = members.get("documentId")
    if document_id is not None:
        if not isinstance(document_id, str) or not _is_document_id(document_id):
            message = "`documentId` must be `sha256:` with 64 digits, or begin with `x-`."
            raise BadRequest(400, message)
        found.append(DocumentReference(document_id))
    for member in _OLDER_MEMBERS:
        id_ = members.get(member)
        if id_ is not None:
            found.append(DocumentReference(_usable(id_, f"`{member}`")))
    hash_ = _persisted_hash(extensions.get(_PERSISTED_QUERY)) if extensions else None
    if hash_ is not None:
        found.append(DocumentReference(hash_, is_automatic=True))
    if len(found) > 1 and len({named.id for named in found}) > 1:
        raise BadRequest(400, "The request names several documents.")
    return found[0] if found else None


def _is_document_id(id_: str) -> bool:
    return len(id_) <= LONGEST_ID and is_document_id(id_)


def _persisted_hash(persisted: Any) -> str | None:
    if persisted is None:
        return None
    if not isinstance(persisted, dict):
        raise BadRequest(400, f"`{_PERSISTED_QUERY}` must be an object.")
    version = persisted.get("version")
    if version != _VERSION or isinstance(version, bool):
        raise BadRequest(400, f"The version of `{_PERSISTED_QUERY}` must be {_VERSION}.")
    return _usable(persisted.get("sha256Hash"), "`sha256Hash`")


def _usable(id_: Any, member: str) -> str:
    if not isinstance(id_, str) or not is_valid_custom_id(id_):
        raise BadRequest(400, f"{member} must be a text without spaces.")
    return canonical_id(id_)
