"""Privacy requests and export archives; the proof that a request was carried out is kept."""

from db.personal.vocabulary import (
    BY_PERSON,
    EVERYWHERE,
    SAID_ELSEWHERE,
    Archived,
    Author,
    Category,
    ClassifiedTable,
    Deleted,
    Kept,
    OwnerPath,
    Retention,
    columns,
    lookup,
)

_PROOF = "The law wants proof that a request was carried out, and when."
_HOW = "How our machines went about it."
_OPENS = "It would open the archive for whoever finds it."

ARCHIVES = (
    ClassifiedTable(
        "privacy_exports",
        Deleted(),
        owner_paths=(OwnerPath("user_id"),),
        distribution=BY_PERSON,
        columns=(
            *columns(Category.IDENTITY, "user_id"),
            *columns(Category.PRIVACY, "request_id byte_size sha256 expires_at revoked_at"),
            *columns(Category.TECHNICAL, "file_name", withheld=_OPENS, author=Author.SYSTEM),
            *columns(Category.TECHNICAL, "token_hash", withheld=_OPENS),
        ),
    ),
)
ARCHIVED_REQUESTS = (
    ClassifiedTable(
        "archived_erasure_counts",
        Kept(_PROOF, refers_to=("request_id", "archived_privacy_requests")),
        distribution=EVERYWHERE,
        columns=(
            *columns(Category.NOT_PERSONAL, "request_id row_count"),
            *columns(Category.NOT_PERSONAL, "table_name", author=Author.SYSTEM),
        ),
    ),
    ClassifiedTable(
        "archived_privacy_requests",
        Kept(_PROOF, Retention(years=3, since=("requested_at", "completed_at"))),
        distribution=EVERYWHERE,
        columns=(
            *columns(Category.NOT_PERSONAL, "id request_kind status requested_at scheduled_for"),
            *columns(Category.NOT_PERSONAL, "started_at completed_at"),
            *columns(Category.NOT_PERSONAL, "error_reason", author=Author.SYSTEM),
            *columns(Category.NOT_PERSONAL, "remaining_references verified_at"),
        ),
    ),
)
REQUEST_LOOKUPS = (
    lookup(
        "privacy_request_owners",
        columns(Category.PRIVACY, "request_id", withheld=SAID_ELSEWHERE),
    ),
    lookup(
        "privacy_export_tokens",
        columns(Category.PRIVACY, "token_hash request_id", withheld=SAID_ELSEWHERE),
    ),
    lookup(
        "privacy_export_files",
        columns(Category.PRIVACY, "file_name", withheld=_OPENS, author=Author.SYSTEM),
        columns(Category.PRIVACY, "request_id", withheld=SAID_ELSEWHERE),
    ),
)
REQUESTS = (
    ClassifiedTable(
        "privacy_erasure_counts",
        Archived(_PROOF, "archived_erasure_counts"),
        owner_paths=(OwnerPath("user_id"),),
        is_erased_last=True,
        distribution=BY_PERSON,
        columns=(
            *columns(Category.IDENTITY, "user_id"),
            *columns(Category.PRIVACY, "request_id row_count"),
            *columns(Category.PRIVACY, "table_name", author=Author.SYSTEM),
        ),
    ),
    ClassifiedTable(
        "user_privacy_requests",
        Archived(_PROOF, "archived_privacy_requests"),
        owner_paths=(OwnerPath("user_id"),),
        is_erased_last=True,
        distribution=BY_PERSON,
        columns=(
            *columns(Category.IDENTITY, "user_id"),
            *columns(Category.PRIVACY, "id request_kind status requested_at scheduled_for"),
            *columns(Category.PRIVACY, "started_at completed_at"),
            *columns(Category.PRIVACY, "error_reason", author=Author.SYSTEM),
            *columns(Category.PRIVACY, "remaining_references verified_at"),
            *columns(Category.TECHNICAL, "attempts lease_owner lease_expires_at", withheld=_HOW),
        ),
    ),
)
