"""What clients ask for: texts that developers wrote, without the values of anybody."""

from db.personal.classes import Category, ClassifiedTable, Untouched, columns

_A_PROGRAMS = Untouched("A program's, and no person's.")

DOCUMENTS = tuple(
    ClassifiedTable(name, _A_PROGRAMS, columns=tuple(columns(Category.NOT_PERSONAL, names)))
    for name, names in {
        "trusted_documents": "sha256 body",
        "trusted_document_publications": (
            "id client_name sha256 operation_name document_id cost state published_at "
            "state_changed_at"
        ),
        "trusted_document_uses": "sha256 client_name use_count first_used_at last_used_at",
        "trusted_document_version": "id version",
        "unknown_documents": (
            "sha256 client_name body operation_name cost request_count first_seen_at last_seen_at"
        ),
    }.items()
)
