"""Companies: only their administrators are people."""

from db.personal.vocabulary import (
    BY_COMPANY,
    BY_ID,
    EVERYWHERE,
    SAID_ELSEWHERE,
    Anonymised,
    Author,
    Category,
    ClassifiedTable,
    OwnerPath,
    Replacement,
    Untouched,
    columns,
    lookup,
)

_OF_COMPANIES = Untouched("A company's, and no person's.")

COMPANY_LOOKUPS = (
    lookup(
        "enterprise_administrators",
        columns(Category.NOT_PERSONAL, "enterprise_account_id", withheld=SAID_ELSEWHERE),
    ),
)
COMPANY = (
    ClassifiedTable(
        "enterprise_accounts",
        Anonymised("The company stays, without an administrator."),
        owner_paths=(OwnerPath("administrator_id"),),
        distribution=BY_ID,
        columns=(
            *columns(Category.IDENTITY, "administrator_id", replacement=Replacement()),
            *columns(Category.NOT_PERSONAL, "id created_at"),
            *columns(Category.NOT_PERSONAL, "company_name", author=Author.OPERATOR),
        ),
    ),
    ClassifiedTable(
        "enterprise_key_ids",
        _OF_COMPANIES,
        distribution=EVERYWHERE,
        columns=(
            *columns(Category.NOT_PERSONAL, "enterprise_account_id credential_id"),
            *columns(Category.NOT_PERSONAL, "key_id", author=Author.SYSTEM),
        ),
    ),
    ClassifiedTable(
        "enterprise_idempotency_keys",
        _OF_COMPANIES,
        distribution=BY_COMPANY,
        columns=(
            *columns(Category.NOT_PERSONAL, "id enterprise_account_id fingerprint created_at"),
            *columns(Category.NOT_PERSONAL, "key", author=Author.CALLER),
            *columns(Category.NOT_PERSONAL, "result", author=Author.SYSTEM),
        ),
    ),
    ClassifiedTable(
        "enterprise_credentials",
        _OF_COMPANIES,
        distribution=BY_COMPANY,
        columns=(
            *columns(
                Category.NOT_PERSONAL,
                "id enterprise_account_id secret_hash status created_at last_used_at expires_at",
            ),
            *columns(Category.NOT_PERSONAL, "key_id", author=Author.SYSTEM),
        ),
    ),
    ClassifiedTable(
        "enterprise_daily_usages",
        _OF_COMPANIES,
        distribution=BY_COMPANY,
        columns=tuple(
            columns(Category.NOT_PERSONAL, "id enterprise_account_id usage_date request_count")
        ),
    ),
    # What a company's people were answered is the company's.
    ClassifiedTable(
        "enterprise_generations",
        _OF_COMPANIES,
        distribution=BY_COMPANY,
        columns=(
            *columns(
                Category.NOT_PERSONAL,
                "id enterprise_account_id credential_id usage_date is_overage status owner "
                "lease_expires_at created_at failure_reason retry_after_seconds "
                "attempts prompt_tokens completion_tokens latency_ms writer_number times_abandoned "
                "elapsed_ms",
            ),
            *columns(Category.NOT_PERSONAL, "content model", author=Author.PROVIDER),
            *columns(Category.NOT_PERSONAL, "question", author=Author.CALLER),
        ),
    ),
)
