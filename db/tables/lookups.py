"""Small tables that say whose a row is, for those who know only what is unique across people.

A trigger of the table that has the rows keeps them, so that no statement can forget to.
"""

from dataclasses import dataclass

from sqlalchemy import BigInteger, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Table


class UserEmail(Table):
    """Whose an address is: nobody else can have it."""

    __tablename__ = "user_emails"

    email: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, index=True)


class EnterpriseAdministrator(Table):
    """Which company a person administers: no other one."""

    __tablename__ = "enterprise_administrators"

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    enterprise_account_id: Mapped[int] = mapped_column(BigInteger)


class EnterpriseKeyId(Table):
    """Which company's an API key is: requests bring its `key_id` alone."""

    __tablename__ = "enterprise_key_ids"

    key_id: Mapped[str] = mapped_column(Text, primary_key=True)
    enterprise_account_id: Mapped[int] = mapped_column(BigInteger)
    credential_id: Mapped[int] = mapped_column(BigInteger)


class PaymentProviderKey(Table):
    """Whose a payment is: the provider knows it by the key that we gave it."""

    __tablename__ = "payment_provider_keys"

    provider_key: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, index=True)
    payment_id: Mapped[int] = mapped_column(BigInteger)


class PaymentProviderReference(Table):
    """Whose a payment is, by the provider's own name for it: no other one has it."""

    __tablename__ = "payment_provider_references"

    provider_reference: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, index=True)
    payment_id: Mapped[int] = mapped_column(BigInteger)


class PrivacyExportToken(Table):
    """Whose an archive is: its link has the token alone."""

    __tablename__ = "privacy_export_tokens"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, index=True)
    request_id: Mapped[int] = mapped_column(BigInteger)


class PrivacyExportFile(Table):
    """Whose an archive is: what removes old files knows their names alone."""

    __tablename__ = "privacy_export_files"

    file_name: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, index=True)
    request_id: Mapped[int] = mapped_column(BigInteger)


class PrivacyRequestOwner(Table):
    """Whose a privacy request is: receipts and operators know its id alone."""

    __tablename__ = "privacy_request_owners"

    request_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(BigInteger, index=True)


@dataclass(frozen=True, slots=True)
class Lookup:
    """Which table a lookup is of, and its columns with those of the table; the key comes first."""

    name: str
    of: str
    columns: tuple[tuple[str, str], ...]


LOOKUPS = (
    Lookup("user_emails", "users", (("email", "email"), ("user_id", "id"))),
    Lookup(
        "enterprise_administrators",
        "enterprise_accounts",
        (("user_id", "administrator_id"), ("enterprise_account_id", "id")),
    ),
    Lookup(
        "enterprise_key_ids",
        "enterprise_credentials",
        (
            ("key_id", "key_id"),
            ("enterprise_account_id", "enterprise_account_id"),
            ("credential_id", "id"),
        ),
    ),
    Lookup(
        "payment_provider_keys",
        "billing_payment_attempts",
        (("provider_key", "provider_key"), ("user_id", "user_id"), ("payment_id", "id")),
    ),
    Lookup(
        "payment_provider_references",
        "billing_payment_attempts",
        (
            ("provider_reference", "provider_reference"),
            ("user_id", "user_id"),
            ("payment_id", "id"),
        ),
    ),
    Lookup(
        "privacy_export_tokens",
        "privacy_exports",
        (("token_hash", "token_hash"), ("user_id", "user_id"), ("request_id", "request_id")),
    ),
    Lookup(
        "privacy_export_files",
        "privacy_exports",
        (("file_name", "file_name"), ("user_id", "user_id"), ("request_id", "request_id")),
    ),
    Lookup(
        "privacy_request_owners",
        "user_privacy_requests",
        (("request_id", "id"), ("user_id", "user_id")),
    ),
)


def keeping_statements(lookup: Lookup) -> tuple[str, ...]:
    """The function and the triggers that keep a lookup as its table is."""
    key, source = lookup.columns[0]
    names = ", ".join(name for name, _ in lookup.columns)
    values = ", ".join(f"NEW.{column}" for _, column in lookup.columns)
    function = f"keep_{lookup.name}"
    forget = f"DELETE FROM {lookup.name} WHERE {key} = OLD.{source}"  # noqa: S608 - our own names
    add = f"INSERT INTO {lookup.name} ({names}) SELECT {values} WHERE NEW.{source} IS NOT NULL"
    body = (
        f"BEGIN IF TG_OP <> 'INSERT' THEN {forget}; END IF; "
        f"IF TG_OP <> 'DELETE' THEN {add}; END IF; RETURN NULL; END"
    )
    trigger = (
        f"CREATE OR REPLACE TRIGGER {function} AFTER INSERT OR DELETE OR UPDATE OF {source} "
        f"ON {lookup.of} FOR EACH ROW EXECUTE FUNCTION {function}()"
    )
    body = f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"
    return body, trigger


def filling_statement(lookup: Lookup) -> str:
    """What fills a lookup from the rows that are there."""
    names = ", ".join(name for name, _ in lookup.columns)
    values = ", ".join(column for _, column in lookup.columns)
    source = lookup.columns[0][1]
    return (
        f"INSERT INTO {lookup.name} ({names}) SELECT {values} FROM {lookup.of} "  # noqa: S608 - our own names
        f"WHERE {source} IS NOT NULL ON CONFLICT DO NOTHING"
    )
