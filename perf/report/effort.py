"""What a request takes besides time, in both runs: it moves less, and so is said first."""

from collections.abc import Iterator

from perf.load.agreed import changes
from perf.load.result import LoadReport
from perf.load.spent_words import each_request, machine_words, memory_words, spent_of
from perf.states import Finding, State

LEAK_BYTES = 256
"""Kept of each request, with 95% confidence, it is a leak."""
_WORTH_A_WORD = 0.02


def leaking(baseline: LoadReport, current: LoadReport) -> Iterator[Finding]:
    """Whether the server keeps memory of each request, and did not, or less."""
    before, after = (spent_of(report).memory for report in (baseline, current))
    if after is None or after.low < LEAK_BYTES:
        return
    if before is None or before.high < after.low:
        yield Finding(
            State.REGRESSION,
            f"the server keeps memory of each request: {memory_words(after)}; "
            f"{memory_words(before)} in the baseline",
        )


def effort_changes(baseline: LoadReport, current: LoadReport) -> Iterator[str]:
    """What is more or less than before: what is exact first, processor time last."""
    for name, one in current.operations.items():
        if name in baseline.operations:
            yield from changes(name, baseline.operations[name].agreed, one.agreed)
    before, after = each_request(baseline), each_request(current)
    for name, number in after.items():
        old = before.get(name)
        if old and abs(number / old - 1) >= _WORTH_A_WORD:
            share = f"{number / old - 1:+.1%}"
            yield f"A request takes {number:.2f} {name} instead of {old:.2f} ({share})."


def machines(baseline: LoadReport, current: LoadReport) -> Iterator[str]:
    """The machine during each of the runs."""
    for name, report in (("baseline", baseline), ("current run", current)):
        yield f"The machine during the {name}: {machine_words(spent_of(report).machine)}"
