"""Write a comparison as Markdown and HTML for people, and as JSON for programs."""

from dataclasses import asdict
from pathlib import Path

import orjson

from perf.comparisons.report import words
from perf.comparisons.report.comparison.compare import Comparison, PercentileChange
from perf.comparisons.report.html.page import page
from perf.comparisons.report.markdown import markdown
from perf.load.results.report import LoadReport

NAME = "slo-regression-report"


def write_report(comparison: Comparison, history: list[LoadReport], folder: Path) -> None:
    """Write the three files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{NAME}.md").write_text(markdown(comparison, history))
    (folder / f"{NAME}.html").write_text(page(comparison, history))
    (folder / f"{NAME}.json").write_bytes(_json(comparison))


def _json(comparison: Comparison) -> bytes:
    said = {
        "kind": "guidance slo regression report",
        "version": 1,
        "outcome": comparison.outcome.name.lower(),
        "baseline": comparison.baseline.commit,
        "current": comparison.current.commit,
        "differences": comparison.differences,
        "exit_status": comparison.outcome.value,
        "states": [
            {"state": one.state.name.lower(), "operation": one.operation, "text": one.text}
            for one in comparison.findings
        ],
        "failures": [
            {**asdict(one), "state": one.state.name.lower(), "is_new": one.is_new}
            for one in comparison.failures
        ],
        "findings": list(words.findings(comparison)),
        "newly_missed": [one.name for one in comparison.newly_missed],
        "operations": {
            one.name: {
                "change": one.change.value,
                "percentiles": {
                    name: _percentile(change) for name, change in one.percentiles.items()
                },
                "newly_missed": [target.name for target in one.newly_missed],
                "why": one.why,
            }
            for one in comparison.operations
        },
    }
    return orjson.dumps(said, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _percentile(change: PercentileChange) -> dict[str, object]:
    return {**asdict(change), "ratio": change.ratio, "change": change.change.value}
