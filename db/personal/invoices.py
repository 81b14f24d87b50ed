"""Invoices: a person's are kept without the person, and a company's are the company's."""

from db.personal.money import kept_books
from db.personal.vocabulary import (
    BY_COMPANY,
    BY_PERSON,
    EVERYWHERE,
    Archived,
    Author,
    Category,
    ClassifiedTable,
    Kept,
    OwnerPath,
    Untouched,
    columns,
)

_LAW = "Tax law wants every invoice, and that none of their numbers is missing."
_AMOUNTS = "status currency subtotal_cents tax_cents total_cents line_count issued_at"
_LINE = "invoice_id line_number kind quantity amount_cents period_start period_end"
_OF_COMPANIES = Untouched("A company's, and no person's.")

COMPANY_BILLING = (
    ClassifiedTable(
        "enterprise_billing_terms",
        _OF_COMPANIES,
        distribution=BY_COMPANY,
        columns=(
            *columns(
                Category.NOT_PERSONAL,
                "enterprise_account_id currency monthly_price_cents overage_price_cents starts_on "
                "billed_until",
            ),
            *columns(Category.NOT_PERSONAL, "customer payment_method", author=Author.PROVIDER),
        ),
    ),
    ClassifiedTable(
        "enterprise_meter_events",
        _OF_COMPANIES,
        distribution=BY_COMPANY,
        columns=tuple(
            columns(
                Category.NOT_PERSONAL,
                "enterprise_account_id generation_id usage_date occurred_at status first_sent_at "
                "send_after taken_at invoice_id",
            )
        ),
    ),
    ClassifiedTable(
        "enterprise_payments",
        _OF_COMPANIES,
        distribution=BY_COMPANY,
        columns=(
            *columns(
                Category.NOT_PERSONAL,
                "id enterprise_account_id invoice_id attempt status amount_cents currency "
                "created_at asked_at next_check_at",
            ),
            *columns(
                Category.NOT_PERSONAL,
                "provider_reference customer payment_method",
                author=Author.PROVIDER,
            ),
            *columns(Category.NOT_PERSONAL, "failure_reason", author=Author.SYSTEM),
        ),
    ),
)
INVOICES = (
    ClassifiedTable(
        "user_invoice_lines",
        Archived(_LAW, "archived_invoice_lines"),
        owner_paths=(OwnerPath("user_id"),),
        distribution=BY_PERSON,
        columns=(
            *columns(Category.IDENTITY, "user_id"),
            *columns(Category.PAYMENT, _LINE),
            *columns(Category.PAYMENT, "description", author=Author.OPERATOR),
        ),
    ),
    ClassifiedTable(
        "user_invoices",
        Archived(_LAW, "archived_invoices"),
        owner_paths=(OwnerPath("user_id"),),
        distribution=BY_PERSON,
        columns=(
            *columns(Category.IDENTITY, "user_id"),
            *columns(Category.IDENTITY, "recipient", author=Author.CALLER),
            *columns(Category.PAYMENT, f"id {_AMOUNTS} credit_note_for"),
            *columns(Category.PAYMENT, "number source", author=Author.SYSTEM),
            *columns(Category.PAYMENT, "seller", author=Author.OPERATOR),
        ),
    ),
    ClassifiedTable(
        "enterprise_invoice_lines",
        _OF_COMPANIES,
        distribution=BY_COMPANY,
        columns=(
            *columns(Category.NOT_PERSONAL, f"enterprise_account_id {_LINE}"),
            *columns(Category.NOT_PERSONAL, "description", author=Author.OPERATOR),
        ),
    ),
    ClassifiedTable(
        "enterprise_invoices",
        _OF_COMPANIES,
        distribution=BY_COMPANY,
        columns=(
            *columns(Category.NOT_PERSONAL, f"id enterprise_account_id {_AMOUNTS} credit_note_for"),
            *columns(Category.NOT_PERSONAL, "number source", author=Author.SYSTEM),
            *columns(Category.NOT_PERSONAL, "seller recipient", author=Author.OPERATOR),
        ),
    ),
    ClassifiedTable(
        "invoice_counters",
        Untouched("How many invoices there are."),
        distribution=EVERYWHERE,
        columns=(
            *columns(Category.NOT_PERSONAL, "series", author=Author.SYSTEM),
            *columns(Category.NOT_PERSONAL, "last_number"),
        ),
    ),
)
ARCHIVED_INVOICES = (
    ClassifiedTable(
        "archived_invoice_lines",
        Kept(_LAW, refers_to=("invoice_id", "archived_invoices")),
        distribution=EVERYWHERE,
        columns=(
            *columns(Category.NOT_PERSONAL, _LINE),
            *columns(Category.NOT_PERSONAL, "description", author=Author.OPERATOR),
        ),
    ),
    kept_books(
        "archived_invoices",
        "issued_at",
        columns(Category.NOT_PERSONAL, f"id {_AMOUNTS} credit_note_for"),
        columns(Category.NOT_PERSONAL, "number source", author=Author.SYSTEM),
        columns(Category.NOT_PERSONAL, "seller", author=Author.OPERATOR),
    ),
)
