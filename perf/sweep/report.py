"""A sweep as a part of the report of a run."""

from perf.load import summary
from perf.load.flows import Flow
from perf.load.result import LoadReport
from perf.statistics.verdicts import worst
from perf.sweep.sweep import Swept


def swept_name(name: str) -> str:
    """How the report names a document that was asked by itself."""
    return f"{name} (sweep)"


def with_sweep(report: LoadReport, swept: Swept) -> LoadReport:
    """The report with the documents of a sweep, which are no part of the mix."""
    operations = {
        swept_name(name): summary.operation(Flow(name, 0), samples, {}, slack_ms=0).model_copy(
            update={"swept": True}
        )
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
