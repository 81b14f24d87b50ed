"""The first budget of a document that has none: the usual times, and what it takes now."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gql.documents.budgets.budget_file import read_tables
from gql.documents.trusted_documents import FOLDER, TABLE, trusted_documents
from perf.gate.document_check import DocumentResult
from perf.gate.findings import GateFinding
from perf.gate.gate import SINGLE_VALUES, check_documents
from perf.gate.scenarios.scenarios import scenarios

_ROUNDED_BYTES = 50
_TIMES = {"query": (100, 300, 5_000), "mutation": (200, 500, 10_000)}
"""p95, p99 and deadline in milliseconds; what is followed begins like a change."""
_MEASURED = ("statements", "subscription_lookups", "rows", "response_bytes", "cost")
_MOST = 1_000_000


class NotMeasured(Exception):
    """A document cannot be run; the message says why."""


@dataclass(frozen=True, slots=True)
class _FirstBudget:
    name: str
    result: DocumentResult | None = None

    def __str__(self) -> str:
        """The table; with numbers that nothing exceeds before it is measured."""
        (path,) = FOLDER.rglob(f"{self.name}.graphql")
        p95, p99, deadline = _TIMES.get(path.read_text().split()[0], _TIMES["mutation"])
        measured = _numbers(self.result) if self.result else dict.fromkeys(_MEASURED, _MOST)
        numbers = {"p95_ms": p95, "p99_ms": p99, **measured, "deadline_ms": deadline}
        refused = self.result.refused if self.result else {}
        lines = [f"[{self.name}]", *(f"{name} = {number:_}" for name, number in numbers.items())]
        lines.append('accepts = ["429"]')
        if refused:
            codes = ", ".join(f"{code} = {most}" for code, most in sorted(refused.items()))
            lines.append(f"refused = {{ {codes} }}")
        return "\n".join(lines) + "\n"


def _numbers(result: DocumentResult) -> dict[str, int]:
    usage = result.usage
    response_bytes = -(-usage.response_bytes // _ROUNDED_BYTES) * _ROUNDED_BYTES
    measured = (len(usage.ran), usage.subscription_lookups, usage.rows, response_bytes, usage.cost)
    return dict(zip(_MEASURED, measured, strict=True))


def documents_without_budget() -> Sequence[str]:
    """The names of the documents that have no budget."""
    return sorted({path.stem for path in FOLDER.rglob("*.graphql")} - read_tables(TABLE).keys())


def begin_budgets(names: Sequence[str], url: str, folder: Path) -> None:
    """Add the budgets of these documents to the table; raises `NotMeasured`."""
    before = TABLE.read_text()
    _write(before, map(_FirstBudget, names))
    results: list[DocumentResult | GateFinding] = []
    check = check_documents(url, folder, names=names, strength=SINGLE_VALUES, report=results.append)
    try:
        asyncio.run(check)
    finally:
        _write(before, ())
    problems = [str(one) for one in results if isinstance(one, GateFinding)]
    if problems:
        raise NotMeasured("; ".join(problems))
    measured = [one for one in results if isinstance(one, DocumentResult)]
    _write(before, (_FirstBudget(one.document.name, one) for one in measured))


def _write(text: str, added: Iterable[_FirstBudget]) -> None:
    TABLE.write_text("\n".join([text, *map(str, added)]))
    trusted_documents.cache_clear()
    scenarios.cache_clear()
