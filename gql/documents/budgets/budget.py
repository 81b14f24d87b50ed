"""Budgets of operations: their numbers, the deviations of variants, and the defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from gql.documents.budgets.protections import Protection
from gql.documents.budgets.variants import Kinds, VariantPattern
from gql.values.objectives import OBJECTIVE_P95_MS, OBJECTIVE_P99_MS

_DEFAULT_DEADLINE_MS = 30_000


@dataclass(frozen=True, slots=True)
class VariantBudget:
    """Numbers that differ for some variants of a document."""

    where: VariantPattern
    # Any: whole numbers by the names of the fields of `Budget`.
    numbers: Mapping[str, Any]
    refused: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ImpossibleVariant:
    """Variants that are always refused, and why; the gate checks that they are."""

    where: VariantPattern
    reason: str
    applies_to_every_document: bool = False
    """Whether it applies to every document that has such a choice."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one operation may take; None where nothing is agreed.

    Percentiles are of the server's milliseconds, up to the first answer where there are several.
    `statements` is exact, the other numbers are maximums. Rows, bytes and cost are for the default
    page sizes of the document. `refused` has the exact number of statements of a refused request,
    by the code of the refusal. `variants` override numbers; the last one that matches counts.

    Calls are calls of functions in Python and in C: a fixed number, and one for each row that the
    statements return. They and `fetched_bytes`, the size of the values in those rows, are measured
    with the gate's default variables.
    """

    p95_ms: int
    p99_ms: int
    statements: int | None
    subscription_lookups: int
    rows: int | None
    response_bytes: int | None
    cost: int | None
    deadline_ms: int
    accepts: frozenset[Protection]
    python_calls: int | None = None
    python_calls_per_row: float | None = None
    c_calls: int | None = None
    c_calls_per_row: float | None = None
    fetched_bytes: int | None = None
    refused: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    variants: tuple[VariantBudget, ...] = ()
    impossible: tuple[ImpossibleVariant, ...] = ()

    def of(self, kinds: Kinds) -> "Budget":
        """The budget of a variant."""
        budget = self
        for one in self.variants:
            if one.where.matches(kinds):
                refused = {**budget.refused, **one.refused}
                budget = replace(budget, **one.numbers, refused=refused)
        return budget

    def upper_bound_for(self, kinds: Kinds) -> "Budget":
        """The largest budget that applies to a variant of which not everything is known."""
        budget = self.of(kinds)
        for one in self.variants:
            if one.where.may_match(kinds) and not one.where.matches(kinds):
                # Any: as above.
                most: dict[str, Any] = {
                    name: max(number, getattr(budget, name))
                    for name, number in one.numbers.items()
                    if getattr(budget, name) is not None
                }
                budget = replace(budget, **most)
        return budget

    def impossible_reason(self, kinds: Kinds) -> str | None:
        """Why a variant is always refused; None if it is not."""
        return next((one.reason for one in self.impossible if one.where.matches(kinds)), None)


def _objective(p95_ms: int, p99_ms: int) -> Budget:
    return Budget(
        p95_ms=p95_ms,
        p99_ms=p99_ms,
        statements=None,
        subscription_lookups=1,
        rows=None,
        response_bytes=None,
        cost=None,
        deadline_ms=_DEFAULT_DEADLINE_MS,
        accepts=frozenset(Protection),
    )


DEFAULT = _objective(OBJECTIVE_P95_MS, OBJECTIVE_P99_MS)
"""The budget of queries that have none of their own; their cost is the computed one."""
DEFAULTS = {
    "query": DEFAULT,
    # A mutation may wait for the model or for the payment provider.
    "mutation": _objective(5_000, 10_000),
    # Up to the first event, which waits for the model's first words.
    "subscription": _objective(1_500, 3_000),
}
"""The default budgets by the kind of operation."""
