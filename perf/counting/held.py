"""Documents held to their agreed calls, one after the other."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from gql.operations.budgets import trusted_documents
from perf.counting.agreed_calls import read_agreed
from perf.counting.counted import Size
from perf.counting.counting import counted
from perf.counting.judging import judged
from perf.gate.findings import Finding


@dataclass(frozen=True, slots=True)
class Held:
    """What a document takes for n rows and for 2n, and what of it is more than agreed."""

    document: str
    sizes: tuple[Size, Size] | None
    findings: tuple[Finding, ...]


def held_to_calls(url: str, folder: Path, names: Collection[str]) -> Iterator[Held]:
    """Count the documents of these names, each given as soon as it is; raises `CountingFailed`."""
    agreed, documents = read_agreed(), trusted_documents()
    for one in counted(url, folder, names):
        budget = documents[one.document].budget
        yield Held(one.document, one.sizes, tuple(judged(one, budget, agreed)))
