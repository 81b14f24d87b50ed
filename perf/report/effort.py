"""Compare what requests cost besides time: it varies less, so it is reported first."""

from collections.abc import Iterator

from perf.load.agreed import changes
from perf.load.result import LoadReport
from perf.load.spent_words import each_request, machine_words, memory_words, spent_of
from perf.states import Finding, State

LEAK_BYTES = 256
"""Memory kept by each request, with 95% confidence, that counts as a leak."""
_WORTH_A_WORD = 0.02


def leak_findings(baseline: LoadReport, current: LoadReport) -> Iterator[Finding]:
    """A finding if the server leaks memory, and did not in the baseline or leaked less."""
    before, after = (spent_of(report).memory for report in (baseline, current))
    if after is None or after.low < LEAK_BYTES:
        return
    if before is None or before.high < after.low:
        yield Finding(
            State.REGRESSION,
            f"the server keeps memory of each request: {memory_words(after)}; "
            f"{memory_words(before)} in the baseline",
        )


def resource_changes(baseline: LoadReport, current: LoadReport) -> Iterator[str]:
    """What costs more or less than in the baseline: exact numbers first, processor time last."""
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
    """The load of the machine during each run."""
    for name, report in (("baseline", baseline), ("current run", current)):
        yield f"The machine during the {name}: {machine_words(spent_of(report).machine)}"
