"""Check documents against their budgets of calls, and name the functions called more often."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gql.documents.trusted_documents import trusted_documents
from perf.counting.agreement.budget_update import budgets_revision
from perf.counting.agreement.call_findings import call_findings, calls_by_function
from perf.counting.child_process import CountingFailed
from perf.counting.counter import DocumentCount, counted
from perf.counting.version_comparison import Costs, FilledVersion, costs_of
from perf.gate.findings import GateFinding
from perf.servers.versions import VersionUnusable, version_of


@dataclass(frozen=True, slots=True)
class CheckedCalls:
    """The counts of a document, and the findings about them."""

    counted: DocumentCount
    findings: tuple[GateFinding, ...]


@dataclass(frozen=True, slots=True)
class NamedFindings:
    """Findings with the functions called more often; `remark` says what they were compared with."""

    findings: tuple[GateFinding, ...]
    remark: str


def check_calls(url: str, folder: Path, names: Collection[str]) -> Iterator[CheckedCalls]:
    """Count and check the named documents, yielding each when done; raises `CountingFailed`."""
    documents = trusted_documents()
    for one in counted(url, folder, names):
        yield CheckedCalls(one, tuple(call_findings(one, documents[one.document].budget)))


def name_functions(
    held: Sequence[CheckedCalls], revision: str | None, url: str, folder: Path
) -> NamedFindings:
    """Add the functions called more often than in a version that was within budget.

    That version is `revision`, or the commit that last changed the budgets. It is counted on the
    same database, only for documents over budget, since each takes about a second.
    """
    findings = tuple(finding for one in held for finding in one.findings)
    base = revision or budgets_revision()
    if base is None:
        reason = "git does not tell which version agreed on the numbers; --beside names one"
        return NamedFindings(findings, f"What is called more often is not known: {reason}.")
    red = [one.counted for one in held if one.findings]
    try:
        with version_of(base) as version:
            names = [one.document for one in red]
            before = costs_of(FilledVersion(version, url), folder, names)
    except (CountingFailed, VersionUnusable) as error:
        last = (str(error).splitlines() or ["it says nothing"])[-1]
        return NamedFindings(
            findings, f"What is called more often than by {base} is not known: {last}"
        )
    remark = f"Functions are named that {base} calls less often."
    return NamedFindings(tuple(_renamed(red, before)), remark)


def _renamed(red: Sequence[DocumentCount], before: Costs) -> Iterator[GateFinding]:
    documents = trusted_documents()
    for one in red:
        known = calls_by_function(before[one.document]) if one.document in before else None
        yield from call_findings(one, documents[one.document].budget, known)
