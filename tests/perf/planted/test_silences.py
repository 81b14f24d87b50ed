"""What a report or a run could pass over in silence is named by the command, with its status."""

import re
from pathlib import Path

import pytest

from tests.perf.comparisons.report.incomplete_reports import Silence, silences
from tests.perf.planted.planted_source import Edit, Source, assert_caught, planted

SILENCES = list(silences())


def ends_when(condition: str) -> tuple[Edit, ...]:
    """A server that is gone once this holds."""
    return (
        Edit(
            "app/graphql/pipeline/budget_monitor.py",
            "        facts.record.pending.append(came)\n",
            "        facts.record.pending.append(came)\n"
            f"        if {condition}:\n            os._exit(1)\n",
        ),
        Edit(
            "app/graphql/pipeline/budget_monitor.py",
            "import structlog\n",
            "import os\n\nimport structlog\n",
        ),
    )


# Of a brief run some 250 come before the mix, which does not ask for StopReply.
IN_THE_MIX = ends_when("sum(one.requests for _, one in self._observations.operations()) > 300")
IN_THE_SWEEP = ends_when('facts.operation.label == "StopReply"')
RUN = ("perf", "run", "--profile", "brief", "--out", "report.json")


def compared(silence: Silence, folder: Path) -> None:
    before, after = silence.write(folder)
    source = Source(Path(__file__).parents[3])
    options = ("--out", folder / "out", "--history", folder / "history")
    ran = source.guidance("perf", "report", "--baseline", before, "--current", after, *options)
    assert_caught(ran, silence.named, status=silence.status)


@pytest.mark.heavy
@pytest.mark.parametrize("silence", SILENCES[:2], ids=lambda one: one.name)
def test_a_silent_report_and_one_that_is_none(silence: Silence, tmp_path: Path) -> None:
    compared(silence, tmp_path)


@pytest.mark.planted
@pytest.mark.parametrize("silence", SILENCES[2:], ids=lambda one: one.name)
def test_every_silent_report(silence: Silence, tmp_path: Path) -> None:
    compared(silence, tmp_path)


@pytest.mark.planted
def test_a_server_that_dies_in_a_run(tmp_path: Path) -> None:
    ran = planted(tmp_path, *IN_THE_MIX).guidance(*RUN)
    assert_caught(ran, "the server answered nobody from second ", status=10)
    assert (tmp_path / "report.json").exists()


@pytest.mark.planted
def test_a_server_that_dies_in_a_sweep(tmp_path: Path) -> None:
    ran = planted(tmp_path, *IN_THE_SWEEP).guidance(*RUN)
    assert_caught(ran, "Quota (sweep) was not measured: none of 3 requests was answered: no answer")
    assert (tmp_path / "report.json").exists()


@pytest.mark.planted
def test_a_run_of_which_nothing_is_planted(tmp_path: Path) -> None:
    ran = planted(tmp_path).guidance(*RUN)
    # A busy machine may miss a target; that is none of these.
    assert ran.status in {0, 1}, ran.output
    assert not re.search("ended early|answered nobody|not measured|could not be", ran.output)
