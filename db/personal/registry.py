"""The registry of personal data: every column, whose it is, and what export and erasure do with it.

A column that is missing here fails the tests, and stops erasures at run time. The tables are in the
order of an erasure: replies being written come first, since their writers write nothing once their
row is deleted; referring tables come before referred ones; and the audit trail comes after the
tables whose changes it records.
"""

from db.personal.chat import CHAT
from db.personal.company import COMPANY
from db.personal.documents import DOCUMENTS
from db.personal.invoices import ARCHIVED_INVOICES, INVOICES
from db.personal.money import ARCHIVED_MONEY, MONEY
from db.personal.requests import ARCHIVED_REQUESTS, ARCHIVES, OWNERS, REQUESTS
from db.personal.vocabulary import (
    BY_ID,
    BY_PERSON,
    EVERYWHERE,
    Anonymised,
    Author,
    Category,
    ClassifiedTable,
    Deleted,
    OwnerPath,
    Replacement,
    Retention,
    Untouched,
    columns,
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
            "enterprise_account_id fingerprint",
            withheld="A company's keys are the company's; a fingerprint says nothing by itself.",
        ),
    ),
)
_AUDIT = ClassifiedTable(
    "audit_events",
    Anonymised(
        "That something was done, and when, is kept to keep the service safe.",
        Retention(years=1, since=("occurred_at",)),
    ),
    owner_paths=(
        OwnerPath("user_id"),
        OwnerPath(
            "actor_id",
            when=("actor_kind", (ActorKind.USER, ActorKind.OPERATOR)),
            is_mention=True,
            authored_columns=("request_id",),
        ),
    ),
    distribution=BY_PERSON,
    columns=(
        *columns(Category.IDENTITY, "user_id actor_id", replacement=Replacement()),
        *columns(Category.TECHNICAL, "id occurred_at actor_kind enterprise_account_id"),
        *columns(Category.TECHNICAL, "action", author=Author.SYSTEM),
        *columns(
            Category.USAGE, "subject", replacement=Replacement("erased"), author=Author.SYSTEM
        ),
        *columns(
            Category.USAGE,
            "details",
            replacement=Replacement("{}"),
            author=Author.SYSTEM,
            quoted_members=(QUOTED,),
        ),
        *columns(Category.TECHNICAL, "request_id", replacement=Replacement(), author=Author.CALLER),
    ),
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
    *INVOICES,
    *MONEY,
    *COMPANY,
    *DOCUMENTS,
    _AUDIT,
    *ARCHIVES,
    *REQUESTS,
    *OWNERS,
    _USERS,
    *ARCHIVED_INVOICES,
    *ARCHIVED_MONEY,
    *ARCHIVED_REQUESTS,
    _ALEMBIC,
)
BY_NAME = {table.name: table for table in REGISTRY}
