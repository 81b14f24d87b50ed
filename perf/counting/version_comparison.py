"""Compare the function calls of two versions: exact, unlike their latencies."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from gql.documents.trusted_documents import FOLDER
from perf.counting.agreement.call_findings import (
    LANGUAGES,
    calls_by_function,
    increased_functions,
    numbers,
)
from perf.counting.child_process import CountingFailed
from perf.counting.counter import NOT_COUNTED, counted, is_counted_here
from perf.counting.request_cost import RequestCost
from perf.load.results.budgeted_counts import NUMBERS
from perf.servers.host import ROOT
from perf.servers.seeded import Version

Costs: TypeAlias = Mapping[str, tuple[RequestCost, RequestCost]]


@dataclass(frozen=True, slots=True)
class FilledVersion:
    """A version, and a database that it migrated and the gate's data fills."""

    version: Version
    url: str


def call_differences(
    a: FilledVersion, b: FilledVersion, folder: Path, names: Collection[str]
) -> Iterator[str]:
    """Lines saying which numbers differ in B, or why they cannot be compared."""
    if not is_counted_here():
        yield NOT_COUNTED
        return
    try:
        before, after = (costs_of(side, folder, names) for side in (a, b))
    except CountingFailed as error:
        last = str(error).splitlines()[-1:] or ["it says nothing"]
        yield f"Function calls are not counted, as one of the versions cannot do it: {last[0]}"
        return
    lines = list(differences(before, after))
    yield from lines
    if not lines:
        yield f"Function calls and fetched bytes are the same in all of {len(after)} documents."


def differences(before: Costs, after: Costs) -> Iterator[str]:
    """The differences between documents that both versions have, beyond the noise of each."""
    for name in sorted(before.keys() & after.keys()):
        old, new = numbers(before[name]), numbers(after[name])
        noise = max(cost.noise for cost in (*before[name], *after[name]))
        changed = {key for key in old if abs(new[key] - old[key]) > noise * max(1.0, old[key])}
        if noise:
            # With so few rows the numbers per row are imprecise.
            changed -= {"python_calls_per_row", "c_calls_per_row"}
        for key in (key for key in old if key in changed):
            yield f"{name}: {new[key]:g} {NUMBERS[key]} instead of {old[key]:g}"
        known = calls_by_function(before[name])
        for language in LANGUAGES:
            if changed & {f"{language}_calls", f"{language}_calls_per_row"}:
                yield from (
                    f"    {one}" for one in increased_functions(after[name], language, known)
                )


def costs_of(side: FilledVersion, folder: Path, names: Collection[str]) -> Costs:
    """The counts of those documents that the version has; raises `CountingFailed`."""
    tree = side.version.tree or ROOT
    documents = tree / FOLDER.relative_to(ROOT)
    own = [name for name in names if any(documents.rglob(f"{name}.graphql"))]
    if not own:
        return {}
    found = counted(side.url, folder, own, tree=tree, python=side.version.python)
    return {one.document: one.costs for one in found if one.costs is not None}
