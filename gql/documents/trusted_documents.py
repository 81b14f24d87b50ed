"""The server's own trusted documents, each with its budget.

A document is a file `files/<domain>/<OperationName>.graphql` with one operation, and its budget the
table of that name in `files/budgets.toml`. docs/performance/budgets.md says what the numbers mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from gql.documents.budgets.budget import DEFAULTS, Budget
from gql.documents.budgets.budget_file import BudgetsInvalid, budgets_of, read_tables
from services.documents.records import Objective

__all__ = [
    "Budget",
    "BudgetsInvalid",
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
    """One of the server's own operations: its name, the exact text of its file, and its budget."""

    name: str
    text: str
    budget: Budget


@cache
def trusted_documents() -> Mapping[str, TrustedDocument]:
    """The server's own documents by operation name, without those whose budget is not valid.

    Raises `BudgetsInvalid` if the table cannot be read at all.
    """
    return readable_documents(FOLDER)[0]


def budget_for(
    operation_name: str,
    text: str | None = None,
    kind: str = "query",
    objective: Objective | None = None,
) -> Budget:
    """The budget of one of the server's own operations, or the default of its `kind`.

    `kind` is `query`, `mutation` or `subscription`. With a `text`, it must be the text of our own
    document: clients may publish another one of the same name, with an `objective` of its own.
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
    """The documents and budgets in a folder; raises `BudgetsInvalid` unless all are valid."""
    documents, problems = readable_documents(folder)
    if problems:
        raise BudgetsInvalid("; ".join(problems))
    return documents


def readable_documents(folder: Path) -> tuple[Mapping[str, TrustedDocument], list[str]]:
    """The documents in a folder with valid budgets, and the problems of the others.

    Raises `BudgetsInvalid` if the table cannot be read at all.
    """
    paths = sorted(folder.rglob("*.graphql"), key=lambda path: path.stem)
    names = [path.stem for path in paths]
    budgets, problems = budgets_of(read_tables(folder / TABLE.name), names)
    twice = {name for name in names if names.count(name) > 1}
    problems += [f"several files have the document {name}" for name in sorted(twice)]
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
