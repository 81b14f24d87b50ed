"""Add a sweep to the report of a run."""

from collections.abc import Sequence

from perf.load.generator.samples import Sample
from perf.load.results import summary
from perf.load.results.budgeted_counts import budgeted_counts
from perf.load.results.report import LoadReport, OperationResult
from perf.load.workload.flows import Flow
from perf.statistics.verdicts import worst
from perf.sweep.sweep import SweepResult


def swept_name(name: str) -> str:
    """The report's name for a document measured by the sweep."""
    return f"{name} (sweep)"


def with_sweep(report: LoadReport, swept: SweepResult, *, is_own: bool) -> LoadReport:
    """The report with the documents of a sweep, which are not part of the mix.

    Budgets of calls are added only for our own server, since they apply to this version.
    """
    operations = {
        swept_name(name): _operation(name, samples, is_own=is_own)
        for name, samples in swept.samples.items()
    }
    verdicts = (target.verdict for one in operations.values() for target in one.targets)
    reasons = {swept_name(name): reason for name, reason in swept.left_out.items()}
    return report.model_copy(
        update={
            "operations": report.operations | operations,
            "left_out": report.left_out | reasons,
            "verdict": worst([report.verdict, *verdicts]),
        }
    )


def _operation(name: str, samples: Sequence[Sample], *, is_own: bool) -> OperationResult:
    flow = Flow(name, 0)
    agreed = budgeted_counts(flow.budget) if is_own else {}
    operation = summary.operation(flow, samples, {}, slack_ms=0)
    return operation.model_copy(update={"swept": True, "agreed": agreed})
