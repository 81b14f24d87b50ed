"""Check documents against their budgets of calls, and name the functions called more often."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gql.documents.budgets import trusted_documents
from perf.counting.agreeing import agreeing_revision
from perf.counting.beside import Filled, Sizes, sizes_of
from perf.counting.child_process import CountingFailed
from perf.counting.counting import Counted, counted
from perf.counting.judging import calls_by_size, judged
from perf.gate.findings import Finding
from perf.versions import VersionUnusable, version_of


@dataclass(frozen=True, slots=True)
class Held:
    """The counts of a document, and the findings about them."""

    counted: Counted
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """Findings with the functions called more often; `remark` says what they were compared with."""

    findings: tuple[Finding, ...]
    remark: str


def held_to_calls(url: str, folder: Path, names: Collection[str]) -> Iterator[Held]:
    """Count and check the named documents, yielding each when done; raises `CountingFailed`."""
    documents = trusted_documents()
    for one in counted(url, folder, names):
        yield Held(one, tuple(judged(one, documents[one.document].budget)))


def named_beside(held: Sequence[Held], revision: str | None, url: str, folder: Path) -> Named:
    """Add the functions called more often than in a version that was within budget.

    That version is `revision`, or the commit that last changed the budgets. It is counted on the
    same database, only for documents over budget, since each takes about a second.
    """
    findings = tuple(finding for one in held for finding in one.findings)
    base = revision or agreeing_revision()
    if base is None:
        reason = "git does not tell which version agreed on the numbers; --beside names one"
        return Named(findings, f"What is called more often is not known: {reason}.")
    red = [one.counted for one in held if one.findings]
    try:
        with version_of(base) as version:
            names = [one.document for one in red]
            before = sizes_of(Filled(version, url), folder, names)
    except (CountingFailed, VersionUnusable) as error:
        last = (str(error).splitlines() or ["it says nothing"])[-1]
        return Named(findings, f"What is called more often than by {base} is not known: {last}")
    remark = f"Functions are named that {base} calls less often."
    return Named(tuple(_renamed(red, before)), remark)


def _renamed(red: Sequence[Counted], before: Sizes) -> Iterator[Finding]:
    documents = trusted_documents()
    for one in red:
        known = calls_by_size(before[one.document]) if one.document in before else None
        yield from judged(one, documents[one.document].budget, known)
