"""Our own documents, which are trusted wherever the server runs."""

from gql.documents.budgets import trusted_documents
from services.operations.identifiers import OWN, hash_of
from services.operations.records import RegisteredDocument

PUBLISHER = "guidance-api"
RESERVED = f"{OWN}guidance-"
"""Before the ids that our own documents have besides their hashes, and nobody else's."""


def built_in_documents() -> list[RegisteredDocument]:
    """Each by its hash, and as `x-guidance-` with the name of its operation."""
    return [
        RegisteredDocument(
            hash_of(one.text), one.name, one.text, (PUBLISHER,), (f"{RESERVED}{one.name}",)
        )
        for one in trusted_documents().values()
    ]
