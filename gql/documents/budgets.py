"""What each of our own documents may take: the document, and the budget that is agreed for it.

A document is `documents/<OperationName>.graphql`, one operation a file, and its budget the table of
that name in `documents/budgets.toml`. docs/budgets.md says what the numbers mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from gql.documents.agreement import DEFAULTS, Budget, Protection
from gql.documents.budget_tables import BudgetsInvalid, budgets_of, read_tables
from services.operations.records import Objective

__all__ = [
    "Budget",
    "BudgetsInvalid",
    "Protection",
    "TrustedDocument",
    "budget_for",
    "read_documents",
    "readable_documents",
    "trusted_documents",
]

FOLDER = Path(__file__).with_name("files")
TABLE = FOLDER / "budgets.toml"


@dataclass(frozen=True, slots=True)
class TrustedDocument:
    """One of our own operations: its name, its text, byte for byte as in its file, its budget."""

    name: str
    text: str
    budget: Budget


@cache
def trusted_documents() -> Mapping[str, TrustedDocument]:
    """Our own documents by the names of their operations, those alone whose budgets are whole.

    Raises `BudgetsInvalid` where the table cannot be read at all.
    """
    return readable_documents(FOLDER)[0]


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
    default = DEFAULTS[kind]
    if objective is None:
        return default
    deadline_ms = max(default.deadline_ms, objective.p99_ms)
    return replace(
        default, p95_ms=objective.p95_ms, p99_ms=objective.p99_ms, deadline_ms=deadline_ms
    )


def read_documents(folder: Path) -> Mapping[str, TrustedDocument]:
    """The documents and budgets in a folder; raises `BudgetsInvalid` unless all are whole."""
    documents, problems = readable_documents(folder)
    if problems:
        raise BudgetsInvalid("; ".join(problems))
    return documents


def readable_documents(folder: Path) -> tuple[Mapping[str, TrustedDocument], list[str]]:
    """The documents whose budgets are whole, and what is wrong with the others.

    Raises `BudgetsInvalid` where the table cannot be read at all.
    """
    paths = sorted(folder.glob("*.graphql"))
    budgets, problems = budgets_of(read_tables(folder / TABLE.name), [one.stem for one in paths])
    documents: dict[str, TrustedDocument] = {}
    for path in paths:
        if path.stem not in budgets:
            continue
        try:
            text = path.read_bytes().decode()
        except UnicodeDecodeError as error:
            problems.append(f"{path.name} is no text: {error}")
        else:
            documents[path.stem] = TrustedDocument(path.stem, text, budgets[path.stem])
    return MappingProxyType(documents), problems
