"""The registry of personal data: every column, whose it is, and what export and erasure do with it.

A column that is missing here fails the tests, and stops erasures at run time. The tables are in the
order of an erasure: replies being written come first, since their writers write nothing once their
row is deleted; referring tables come before referred ones; and the audit trail comes after the
tables whose changes it records.
"""

from db.personal.chat import CHAT
from db.personal.company import COMPANY, COMPANY_LOOKUPS
from db.personal.documents import DOCUMENTS
from db.personal.invoices import ARCHIVED_INVOICES, COMPANY_BILLING, INVOICES
from db.personal.money import ARCHIVED_MONEY, MONEY, MONEY_LOOKUPS
from db.personal.requests import (
    ARCHIVED_REQUESTS,
    ARCHIVES,
    REQUEST_LOOKUPS,
    REQUESTS,
)
from db.personal.vocabulary import (
    BY_COMPANY,
    BY_ID,
    BY_PERSON,
    EVERYWHERE,
    SAID_ELSEWHERE,
    Anonymised,
    Archived,
    Author,
    Category,
    ClassifiedTable,
    Deleted,
    OwnerPath,
    Replacement,
    Retention,
    Untouched,
    columns,
    lookup,
)
from db.states import ActorKind

MIGRATIONS = "alembic_version"
"""Alembic's table with the revision; the only table that is not ours."""
QUOTED = "said"
"""The member of an audit event's details that quotes others."""


_KEYS = ClassifiedTable(
    "idempotency_keys",
    Deleted(),
    owner_paths=(OwnerPath("user_id"),),
    distribution=BY_PERSON,
    columns=(
        *columns(Category.IDENTITY, "user_id"),
        *columns(Category.TECHNICAL, "id created_at"),
        *columns(Category.TECHNICAL, "key", author=Author.CALLER),
        *columns(Category.TECHNICAL, "result", author=Author.SYSTEM),
        *columns(
            Category.TECHNICAL,
            "fingerprint",
            withheld="A fingerprint says nothing by itself.",
        ),
    ),
)
_TRAIL = "That something was done, and when, is kept to keep the service safe."
_MENTION = OwnerPath(
    "actor_id",
    when=("actor_kind", (ActorKind.USER, ActorKind.OPERATOR)),
    is_mention=True,
    authored_columns=("request_id",),
)
_EVENT = (
    *columns(Category.IDENTITY, "actor_id", replacement=Replacement()),
    *columns(Category.TECHNICAL, "id occurred_at actor_kind"),
    *columns(Category.TECHNICAL, "action", author=Author.SYSTEM),
    *columns(Category.USAGE, "subject", replacement=Replacement("erased"), author=Author.SYSTEM),
    *columns(
        Category.USAGE,
        "details",
        replacement=Replacement("{}"),
        author=Author.SYSTEM,
        quoted_members=(QUOTED,),
    ),
    *columns(Category.TECHNICAL, "request_id", replacement=Replacement(), author=Author.CALLER),
)
_AUDIT = (
    ClassifiedTable(
        "audit_events",
        Archived(_TRAIL, "general_audit_events"),
        owner_paths=(OwnerPath("user_id"), _MENTION),
        distribution=BY_PERSON,
        columns=(*columns(Category.IDENTITY, "user_id"), *_EVENT),
    ),
    ClassifiedTable(
        "enterprise_audit_events",
        Anonymised("The trail of a company stays, without who acted in its name."),
        owner_paths=(_MENTION,),
        distribution=BY_COMPANY,
        columns=(*columns(Category.NOT_PERSONAL, "enterprise_account_id"), *_EVENT),
    ),
    # Only what an erasure has moved here goes when its time is over.
    ClassifiedTable(
        "general_audit_events",
        Anonymised(_TRAIL, Retention(years=1, since=("occurred_at",))),
        owner_paths=(_MENTION,),
        distribution=EVERYWHERE,
        columns=_EVENT,
    ),
)
_EMAILS = lookup(
    "user_emails",
    columns(Category.IDENTITY, "email", author=Author.CALLER, withheld=SAID_ELSEWHERE),
)
_USERS = ClassifiedTable(
    "users",
    Deleted(),
    owner_paths=(OwnerPath("id"),),
    distribution=BY_ID,
    is_erased_last=True,
    columns=(
        *columns(Category.IDENTITY, "id"),
        *columns(Category.IDENTITY, "email", author=Author.CALLER),
        *columns(Category.IDENTITY, "created_at"),
        *columns(Category.PRIVACY, "erasure_began_at", withheld="Empty until the data goes."),
    ),
)
_ALEMBIC = ClassifiedTable(
    MIGRATIONS,
    Untouched("The revision of the schema."),
    distribution=EVERYWHERE,
    columns=tuple(columns(Category.NOT_PERSONAL, "version_num", author=Author.SYSTEM)),
)

REGISTRY: tuple[ClassifiedTable, ...] = (
    *CHAT,
    _KEYS,
    *COMPANY_BILLING,
    *INVOICES,
    *MONEY,
    *COMPANY,
    *DOCUMENTS,
    *_AUDIT,
    *ARCHIVES,
    *REQUESTS,
    _USERS,
    # They go with what they lead to, which their triggers see to.
    *REQUEST_LOOKUPS,
    *MONEY_LOOKUPS,
    *COMPANY_LOOKUPS,
    _EMAILS,
    *ARCHIVED_INVOICES,
    *ARCHIVED_MONEY,
    *ARCHIVED_REQUESTS,
    _ALEMBIC,
)
BY_NAME = {table.name: table for table in REGISTRY}
