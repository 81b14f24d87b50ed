"""What is agreed of one operation: its budget, what differs between variants, and the defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType
from typing import Any

from gql.documents.variants import Kinds, Where
from gql.values.objectives import OBJECTIVE_P95_MS, OBJECTIVE_P99_MS

_DEFAULT_DEADLINE_MS = 30_000


class Protection(Enum):
    """How an operation may be refused on purpose: by status, or by a user error of the kind."""

    THROTTLED = "429"
    IN_FLIGHT = "409"
    QUOTA = "quota"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class VariantBudget:
    """The numbers that are others for some variants of a document."""

    where: Where
    # Any: whole numbers, under the names that a budget has for them.
    numbers: Mapping[str, Any]
    refused: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Impossible:
    """Variants that are always refused, and why; the gate tries them all the same."""

    where: Where
    reason: str
    is_of_every: bool = False
    """Whether it holds for each document that has such a choice."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one operation may take; a number that is not agreed is None.

    Percentiles are of the server's milliseconds, up to the first answer where there are several.
    `statements` are exactly so many, the other numbers are the most. Rows, bytes and cost are those
    of the pages that the document asks for by itself. `refused` has the statements of what is
    refused, exactly, by the code of the refusal. Numbers of some variants are in `variants`, of
    which the last that matches counts.

    Calls are those of functions in Python and in C, besides those for each row, and for each row
    that the statements return. They and `fetched_bytes`, of the values in those rows, are of the
    document as the gate asks it by itself.
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
    impossible: tuple[Impossible, ...] = ()

    def of(self, kinds: Kinds) -> "Budget":
        """The budget of a variant."""
        budget = self
        for one in self.variants:
            if one.where.matches(kinds):
                refused = {**budget.refused, **one.refused}
                budget = replace(budget, **one.numbers, refused=refused)
        return budget

    def most_of(self, kinds: Kinds) -> "Budget":
        """The budget of a variant of which not everything is known: the most that it may be."""
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

    def why_impossible(self, kinds: Kinds) -> str | None:
        """Why a variant is always refused; None where it is not."""
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
"""What is agreed of what reads and has no budget of its own; its cost is what it is computed to."""
DEFAULTS = {
    "query": DEFAULT,
    # It may wait for the model, or for the payment provider.
    "mutation": _objective(5_000, 10_000),
    # Until the first answer, which waits for the model's first words.
    "subscription": _objective(1_500, 3_000),
}
"""The same by the kind of an operation."""
