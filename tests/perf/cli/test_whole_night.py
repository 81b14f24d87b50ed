"""One night as the schedule has it: real servers, databases, reports and decisions."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from gql.documents.trusted_documents import trusted_documents
from perf.cli.exit_status import ExitStatus
from perf.cli.nightly import LOAD_NAME, compare_with
from perf.comparisons.ab.interleaving import PILOT_ROUNDS, StopRule
from perf.comparisons.ab.report import NAME as BESIDE
from perf.comparisons.ab.rounds import ComparisonPlan
from perf.comparisons.report.files import NAME
from perf.load.generator.outcomes import ANSWERED
from perf.load.generator.samples import Sample
from perf.load.results.report import LoadReport
from perf.load.results.report_file import read_report
from perf.load.run import Run, RunResult, report
from perf.load.workload.flows import FLOWS
from perf.load.workload.profiles import PLATEAU, PROFILES
from perf.servers.host import ROOT
from perf.servers.seeded import MODEL, ServerUnderTest, describe_sizes, describe_stand_in
from tests.fixtures.processes import GUIDANCE
from tests.perf.comparisons.report.sample_reports import NOW
from tests.perf.load.fake_server import PEOPLE

pytestmark = pytest.mark.heavy

BRIEF = PROFILES["brief"]
NIGHT = ("--profile", BRIEF.name, "--minutes", "0.1", "--base", str(ROOT))


def test_a_night_that_is_slower_than_the_one_before_is_red_and_is_kept(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if not request.config.getoption("--whole-night"):
        pytest.skip("takes a minute: --whole-night")
    history, out = tmp_path / "history", tmp_path / "out"
    quicker_than_possible().write(history / "before.json")
    night = subprocess.run(
        [GUIDANCE, "perf", "nightly", *NIGHT, "--history", history, "--out", out],
        cwd=tmp_path,
        env=os.environ | {"GUIDANCE_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert night.returncode == 1, night.stdout + night.stderr

    versions = read(out / f"{BESIDE}.json")
    assert list(versions["operations"]) == list(trusted_documents())
    assert versions["left_out"] == {}
    assert min(one["samples"] for one in versions["operations"].values()) >= 2 * PILOT_ROUNDS

    measured = read_report(out / f"{LOAD_NAME}-report.json")
    assert {name: one.errors for name, one in measured.operations.items() if one.errors} == {}
    assert measured.operations["Quota"].requests > 20
    assert measured.verdict.value in (out / f"{LOAD_NAME}.md").read_text()

    worse = read(out / f"{NAME}.json")
    assert worse["outcome"] == "regression"
    assert "Quota is slower" in (out / f"{NAME}.md").read_text()
    assert "Trend over 2 runs" in (out / f"{NAME}.html").read_text()

    (kept,) = (path for path in history.iterdir() if path.name != "before.json")
    assert read_report(kept) == measured


def test_a_version_before_that_cannot_be_measured_is_red_and_says_why(tmp_path: Path) -> None:
    plan = ComparisonPlan(("Quota",), StopRule(0.1, 1))
    assert compare_with("no-such-revision", plan, tmp_path) is ExitStatus.REGRESSION
    text = (tmp_path / f"{BESIDE}.md").read_text()
    assert "no-such-revision is neither a folder nor a revision" in text


def quicker_than_possible() -> LoadReport:
    """The report of a night on this machine in which every answer took a tenth of a millisecond."""
    random = Random(1)
    samples = [
        Sample(name, PLATEAU, at, at, at + random.uniform(0.0001, 0.0002), ANSWERED)
        for name in FLOWS
        for at in range(100)
    ]
    target = ServerUnderTest(
        "http://127.0.0.1:1", PEOPLE, describe_sizes(BRIEF.sizes), describe_stand_in(MODEL)
    )
    return report(Run(BRIEF, 1, FLOWS), target, RunResult(samples, 1, {}, None), NOW)


# Any: JSON.
def read(path: Path) -> Mapping[str, Any]:
    """A report as JSON."""
    found: Mapping[str, Any] = orjson.loads(path.read_bytes())
    return found
