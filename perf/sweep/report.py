"""A sweep as a part of the report of a run."""

from collections.abc import Sequence

from perf.load import summary
from perf.load.agreed import agreed_of
from perf.load.flows import Flow
from perf.load.result import LoadReport, Operation
from perf.load.samples import Sample
from perf.statistics.verdicts import worst
from perf.sweep.sweep import Swept


def swept_name(name: str) -> str:
    """How the report names a document that was asked by itself."""
    return f"{name} (sweep)"


def with_sweep(report: LoadReport, swept: Swept, *, is_own: bool) -> LoadReport:
    """The report with the documents of a sweep, which are no part of the mix.

    What is agreed of them is of this version, as a server is that `is_own`.
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


def _operation(name: str, samples: Sequence[Sample], *, is_own: bool) -> Operation:
    flow = Flow(name, 0)
    agreed = agreed_of(flow.budget) if is_own else {}
    operation = summary.operation(flow, samples, {}, slack_ms=0)
    return operation.model_copy(update={"swept": True, "agreed": agreed})
