"""Privacy requests and export archives; the proof that a request was carried out is kept."""

from db.personal.vocabulary import (
    Anonymised,
    Author,
    Category,
    ClassifiedTable,
    Deleted,
    OwnerPath,
    Replacement,
    Retention,
    columns,
)

_PROOF = "The law wants proof that a request was carried out, and when."
_HOW = "How our machines went about it."
_OPENS = "It would open the archive for whoever finds it."

ARCHIVES = (
    ClassifiedTable(
        "privacy_exports",
        Deleted(),
        owner_paths=(OwnerPath("request_id", through="user_privacy_requests"),),
        columns=(
            *columns(Category.PRIVACY, "request_id byte_size sha256 expires_at revoked_at"),
            *columns(Category.TECHNICAL, "file_name", withheld=_OPENS, author=Author.SYSTEM),
            *columns(Category.TECHNICAL, "token_hash", withheld=_OPENS),
        ),
    ),
)
REQUESTS = (
    # The counts stay as they are: once the request is nobody's, they are too.
    ClassifiedTable(
        "privacy_erasure_counts",
        Anonymised(_PROOF),
        owner_paths=(OwnerPath("request_id", through="user_privacy_requests"),),
        is_erased_last=True,
        columns=(
            *columns(Category.PRIVACY, "request_id row_count"),
            *columns(Category.PRIVACY, "table_name", author=Author.SYSTEM),
        ),
    ),
    ClassifiedTable(
        "user_privacy_requests",
        Anonymised(_PROOF, Retention(years=3, since=("requested_at", "completed_at"))),
        owner_paths=(OwnerPath("user_id"),),
        is_erased_last=True,
        columns=(
            *columns(Category.IDENTITY, "user_id", replacement=Replacement()),
            *columns(Category.PRIVACY, "id request_kind status requested_at scheduled_for"),
            *columns(Category.PRIVACY, "started_at completed_at"),
            *columns(Category.PRIVACY, "error_reason", author=Author.SYSTEM),
            *columns(Category.PRIVACY, "remaining_references verified_at"),
            *columns(Category.TECHNICAL, "attempts lease_owner lease_expires_at", withheld=_HOW),
        ),
    ),
)
