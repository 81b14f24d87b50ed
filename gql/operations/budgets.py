"""What each of our own documents may take: the document, and the budget that is agreed for it.

A document is `documents/<OperationName>.graphql`, one operation a file, and its budget the table of
that name in `documents/budgets.toml`. docs/budgets.md says what the numbers mean.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import Enum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from services.operations.records import Objective

FOLDER = Path(__file__).with_name("documents")
TABLE = FOLDER / "budgets.toml"
OBJECTIVE_P95_MS, OBJECTIVE_P99_MS = 300, 700
"""What is promised of everything that reads, and agreed where nothing else is."""
OBJECTIVE_ERROR_SHARE = 0.005
"""The part of what is worked for that may have a fault of ours, whatever is asked."""
_DEFAULT_DEADLINE_MS = 30_000


class Protection(Enum):
    """How an operation may be refused on purpose: by status, or by a user error of the kind."""

    THROTTLED = "429"
    IN_FLIGHT = "409"
    QUOTA = "quota"
    CONFLICT = "conflict"


class BudgetsInvalid(Exception):
    """A document without a budget, a budget without a document, or one that is none."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one operation may take; a number that is not agreed is None.

    Percentiles are of the server's milliseconds, up to the first answer where there are several.
    `statements` are exactly so many, the other numbers are the most. Rows, bytes and cost are those
    of the pages that the document asks for by itself.
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


@dataclass(frozen=True, slots=True)
class TrustedDocument:
    """One of our own operations: its name, its text, byte for byte as in its file, its budget."""

    name: str
    text: str
    budget: Budget


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
_DEFAULTS = {
    "query": DEFAULT,
    # It may wait for the model, or for the payment provider.
    "mutation": _objective(5_000, 10_000),
    # Until the first answer, which waits for the model's first words.
    "subscription": _objective(1_500, 3_000),
}
_NAMES = frozenset(one.name for one in fields(Budget))


@cache
def trusted_documents() -> Mapping[str, TrustedDocument]:
    """Our own documents by the names of their operations; raises `BudgetsInvalid`."""
    return read_documents(FOLDER)


def budget_for(
    operation_name: str,
    text: str | None = None,
    kind: str = "query",
    objective: Objective | None = None,
) -> Budget:
    """The budget of an operation of our own, or the default of its `kind`.

    `kind` is `query`, `mutation` or `subscription`. With the `text` of a document it has to be our
    own: clients may publish others of the same name, and agree on an `objective` of theirs.
    """
    own = trusted_documents().get(operation_name)
    if own is not None and text in {None, own.text}:
        return own.budget
    default = _DEFAULTS[kind]
    if objective is None:
        return default
    deadline_ms = max(default.deadline_ms, objective.p99_ms)
    return replace(
        default, p95_ms=objective.p95_ms, p99_ms=objective.p99_ms, deadline_ms=deadline_ms
    )


def read_documents(folder: Path) -> Mapping[str, TrustedDocument]:
    """The documents and budgets in a folder; raises `BudgetsInvalid`."""
    texts = {path.stem: path.read_bytes().decode() for path in sorted(folder.glob("*.graphql"))}
    tables = tomllib.loads((folder / TABLE.name).read_bytes().decode())
    if texts.keys() != tables.keys():
        lone = ", ".join(sorted(texts.keys() ^ tables.keys()))
        raise BudgetsInvalid(f"these are a document or a budget, and not both: {lone}")
    return MappingProxyType(
        {
            name: TrustedDocument(name, text, _budget(name, tables[name]))
            for name, text in texts.items()
        }
    )


# Any: TOML.
def _budget(name: str, table: dict[str, Any]) -> Budget:
    if table.keys() != _NAMES:
        wrong = ", ".join(sorted(table.keys() ^ _NAMES))
        raise BudgetsInvalid(f"the budget of {name} lacks, or has too much: {wrong}")
    accepts = table.pop("accepts")
    impossible = [one for one in table.values() if type(one) is not int or one < 0]
    if impossible or not 0 < table["p95_ms"] <= table["p99_ms"] <= table["deadline_ms"]:
        raise BudgetsInvalid(f"the budget of {name} has numbers that cannot be")
    try:
        return Budget(**table, accepts=frozenset(map(Protection, accepts)))
    except ValueError as error:
        raise BudgetsInvalid(f"the budget of {name}: {error}") from None
