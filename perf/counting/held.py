"""Documents held to their agreed calls, one after the other, and what is called more often."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gql.operations.budgets import trusted_documents
from perf.counting.agreeing import agreeing_revision
from perf.counting.beside import Filled, Sizes, sizes_of
from perf.counting.child_process import CountingFailed
from perf.counting.counting import Counted, counted
from perf.counting.judging import calls_by_size, judged
from perf.gate.findings import Finding
from perf.versions import VersionUnusable, version_of


@dataclass(frozen=True, slots=True)
class Held:
    """What a document takes for n rows and for 2n, and what of it is more than agreed."""

    counted: Counted
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """Findings with the functions that are called more often, and beside what, or why without."""

    findings: tuple[Finding, ...]
    remark: str


def held_to_calls(url: str, folder: Path, names: Collection[str]) -> Iterator[Held]:
    """Count the documents of these names, each given as soon as it is; raises `CountingFailed`."""
    documents = trusted_documents()
    for one in counted(url, folder, names):
        yield Held(one, tuple(judged(one, documents[one.document].budget)))


def named_beside(held: Sequence[Held], revision: str | None, url: str, folder: Path) -> Named:
    """Say of what is more than agreed which functions it is, beside a version that had less.

    That is the one at `revision`, or the one that agreed on the numbers, counted on the same
    database: it takes a second a document, and is worth it where something is wrong alone.
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
