"""The server's own documents as registered ones, which every instance trusts."""

from gql.documents.trusted_documents import trusted_documents
from services.documents.identifiers import CUSTOM_PREFIX, hash_of
from services.documents.records import RegisteredDocument

PUBLISHER = "guidance-api"
RESERVED = f"{CUSTOM_PREFIX}guidance-"
"""Prefix of the ids, beside hashes, that are reserved for the server's own documents."""


def built_in_documents() -> list[RegisteredDocument]:
    """Each with its hash as id, and `x-guidance-` with its operation's name as another."""
    return [
        RegisteredDocument(
            hash_of(one.text), one.name, one.text, (PUBLISHER,), (f"{RESERVED}{one.name}",)
        )
        for one in trusted_documents().values()
    ]
