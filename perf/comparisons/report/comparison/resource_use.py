"""Compare what requests cost besides time: it varies less, so it is reported first."""

from collections.abc import Iterator

from perf.cli.exit_status import ExitStatus, Finding
from perf.load.results.budgeted_counts import changes
from perf.load.results.report import LoadReport
from perf.load.results.resource_text import (
    format_machine,
    format_memory,
    resources_of,
    use_per_request,
)

LEAK_BYTES = 256
"""Memory kept by each request, with 95% confidence, that counts as a leak."""
_WORTH_A_WORD = 0.02


def leak_findings(baseline: LoadReport, current: LoadReport) -> Iterator[Finding]:
    """A finding if the server leaks memory, and did not in the baseline or leaked less."""
    before, after = (resources_of(report).memory for report in (baseline, current))
    if after is None or after.low < LEAK_BYTES:
        return
    if before is None or before.high < after.low:
        yield Finding(
            ExitStatus.REGRESSION,
            f"the server keeps memory of each request: {format_memory(after)}; "
            f"{format_memory(before)} in the baseline",
        )


def resource_changes(baseline: LoadReport, current: LoadReport) -> Iterator[str]:
    """What costs more or less than in the baseline: exact numbers first, processor time last."""
    for name, one in current.operations.items():
        if name in baseline.operations:
            yield from changes(name, baseline.operations[name].agreed, one.agreed)
    before, after = use_per_request(baseline), use_per_request(current)
    for name, number in after.items():
        old = before.get(name)
        if old and abs(number / old - 1) >= _WORTH_A_WORD:
            share = f"{number / old - 1:+.1%}"
            yield f"A request takes {number:.2f} {name} instead of {old:.2f} ({share})."


def machines(baseline: LoadReport, current: LoadReport) -> Iterator[str]:
    """The load of the machine during each run."""
    for name, report in (("baseline", baseline), ("current run", current)):
        yield f"The machine during the {name}: {format_machine(resources_of(report).machine)}"
