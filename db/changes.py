"""Whose rows a statement changes, so that whoever remembers answers can forget them.

A statement on rows of people binds their person under one of `OWNER_NAMES`; one that does not is
taken to change everybody's. Tables of which no remembered answer is made are not followed.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from db.statement import Statement, statements_named
from db.tables import Table

OWNER_NAMES = ("user_id", "of_user", "user_ids", "owner_id", "tenant_id", "person")
"""Names under which statements bind the person, or the people, whose rows they are about."""
UNFOLLOWED_TABLES = frozenset(
    {
        "archived_erasure_counts",
        "archived_invoice_lines",
        "archived_invoices",
        "archived_payment_attempts",
        "archived_plan_changes",
        "archived_privacy_requests",
        "archived_subscriptions",
        "audit_events",
        "billing_payment_attempts",
        "billing_plan_changes",
        "billing_webhook_events",
        "enterprise_accounts",
        "enterprise_administrators",
        "enterprise_audit_events",
        "enterprise_billing_terms",
        "enterprise_credentials",
        "enterprise_daily_usages",
        "enterprise_generation_parts",
        "enterprise_generations",
        "enterprise_idempotency_keys",
        "enterprise_invoice_lines",
        "enterprise_invoices",
        "enterprise_key_ids",
        "enterprise_meter_events",
        "enterprise_model_daily_usages",
        "enterprise_payments",
        "general_audit_events",
        "idempotency_keys",
        "invoice_counters",
        "model_daily_feedback",
        "model_daily_totals",
        "privacy_request_owners",
        "quota_ledger_entries",
        "reply_generations",
        "trusted_document_objectives",
        "trusted_document_publications",
        "trusted_document_tools",
        "trusted_document_uses",
        "trusted_document_version",
        "trusted_documents",
        "unknown_documents",
    }
)
"""Tables that only services, operators and companies read; no answer made of them is remembered."""
_CHANGES = re.compile(
    r"\b(?:INSERT INTO|DELETE FROM|MERGE INTO|(?<!FOR )(?<!KEY )UPDATE)(?: ONLY)? (\w+)"
)
_CLOCK = re.compile(
    r"\b(now\(\)|current_date|current_time|\w*_timestamp\b|random\(\))", re.IGNORECASE
)
_WORD = re.compile(r"\w+")

OnChange: TypeAlias = Callable[[frozenset[int] | None], Awaitable[None]]
"""Is told of people whose committed rows changed; None means everybody. It does not raise."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a statement changes; it `gives_changed_rows` where one that gives none changed none."""

    is_followed: bool
    owner_name: str | None
    gives_changed_rows: bool


@cache
def footprint_of(statement: Statement) -> Footprint:
    """What a statement changes, and whose it is."""
    changed = _CHANGES.findall(statement.sql)
    tables = _tables(" ".join(changed)) or _tables(statement.sql)
    return Footprint(
        is_followed=statement.writes and not tables <= UNFOLLOWED_TABLES,
        owner_name=next((name for name in OWNER_NAMES if name in statement.names), None),
        gives_changed_rows=statement.is_change
        and "RETURNING" in statement.sql
        and len(changed) == 1,
    )


def are_reproducible(statement_names: Iterable[str]) -> bool:
    """Whether statements of these names read the same until somebody is told of a change."""
    return all(
        (known := statements_named(name)) and all(map(_is_reproducible, known))
        for name in statement_names
    )


@cache
def _is_reproducible(statement: Statement) -> bool:
    return (
        not statement.writes
        and _tables(statement.sql).isdisjoint(UNFOLLOWED_TABLES)
        and _CLOCK.search(statement.sql) is None
    )


def _tables(sql: str) -> frozenset[str]:
    """The tables that a text names; also one that has the name of a column, which does no harm."""
    return frozenset(_WORD.findall(sql)) & Table.metadata.tables.keys()


class Changes:
    """The changes of one connection's block, told when it is left."""

    __slots__ = ("_everybody", "_on_change", "_people")

    def __init__(self, on_change: OnChange) -> None:
        self._on_change = on_change
        self._people: set[int] = set()
        self._everybody = False

    # Any: values have whatever type the statement gives them.
    def add(
        self, statement: Statement, values: Mapping[str, Any], *, rows: int | None = None
    ) -> None:
        """Note what a statement changed; `rows` is None where it may not have been answered."""
        footprint = footprint_of(statement)
        if not footprint.is_followed or (rows == 0 and footprint.gives_changed_rows):
            return
        owner = None if footprint.owner_name is None else values.get(footprint.owner_name)
        if isinstance(owner, int):
            self._people.add(owner)
        elif isinstance(owner, list | tuple | set | frozenset):
            self._people.update(owner)
        else:
            self._everybody = True

    async def tell(self) -> None:
        """Tell of them, once they are committed or may be."""
        if self._everybody:
            await self._on_change(None)
        elif self._people:
            await self._on_change(frozenset(self._people))
        self._people, self._everybody = set(), False
