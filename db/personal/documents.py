"""Trusted and unknown documents: texts by developers, without the values of variables."""

from db.personal.vocabulary import EVERYWHERE, Author, Category, ClassifiedTable, Untouched, columns

_OF_PROGRAMS = Untouched("A program's, and no person's.")
_AUTHORED = {
    "trusted_documents": (Author.OPERATOR, "body"),
    "trusted_document_publications": (Author.OPERATOR, "client_name operation_name document_id"),
    "trusted_document_uses": (Author.OPERATOR, "client_name"),
    "trusted_document_objectives": (Author.OPERATOR, "client_name operation_name"),
    "trusted_document_tools": (Author.OPERATOR, "client_name operation_name"),
    "trusted_document_version": (Author.OPERATOR, ""),
    "unknown_documents": (Author.CALLER, "client_name body operation_name"),
}
"""The words in each table, and who chose them: who publishes a document, or who sent it."""

DOCUMENTS = tuple(
    ClassifiedTable(
        name,
        _OF_PROGRAMS,
        distribution=EVERYWHERE,
        columns=(
            *columns(Category.NOT_PERSONAL, names),
            *columns(Category.NOT_PERSONAL, _AUTHORED[name][1], author=_AUTHORED[name][0]),
        ),
    )
    for name, names in {
        "trusted_documents": "sha256",
        "trusted_document_publications": "id sha256 cost state published_at state_changed_at",
        "trusted_document_uses": "sha256 use_count first_used_at last_used_at",
        "trusted_document_objectives": "p95_ms p99_ms",
        "trusted_document_tools": "cost_per_call bytes_per_call ms_per_call cost_per_day "
        "bytes_per_day ms_per_day",
        "trusted_document_version": "id version",
        "unknown_documents": "sha256 cost request_count first_seen_at last_seen_at",
    }.items()
)
