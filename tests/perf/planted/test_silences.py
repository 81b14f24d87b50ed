"""What a report or a run could pass over in silence is named by the command, with its status."""

import re
from pathlib import Path

import pytest

from tests.perf.planted.source import Edit, Source, assert_caught, planted
from tests.perf.report.silences import Silence, silences

SILENCES = list(silences())


def ends_after(requests: int) -> tuple[Edit, ...]:
    """A server that is gone after so many."""
    return (
        Edit(
            "metrics/observations.py",
            "        record.add(one)\n        over = one.over(agreed)\n",
            "        record.add(one)\n"
            f"        if sum(each.requests for each in self._operations.values()) > {requests}:\n"
            "            os._exit(1)\n"
            "        over = one.over(agreed)\n",
        ),
        Edit(
            "metrics/observations.py",
            "from enum import StrEnum\n",
            "import os\nfrom enum import StrEnum\n",
        ),
    )


# A brief run asks 60 times and then sends 252, some of which are for no operation; the server of
# its sweep is another one.
IN_THE_MIX, IN_THE_SWEEP = ends_after(150), ends_after(250)
RUN = ("perf", "run", "--profile", "brief", "--out", "report.json")


def compared(silence: Silence, folder: Path) -> None:
    before, after = silence.write(folder)
    source = Source(Path(__file__).parents[3])
    options = ("--out", folder / "out", "--history", folder / "history")
    ran = source.guidance("perf", "report", "--baseline", before, "--current", after, *options)
    assert_caught(ran, silence.named, status=silence.status)


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
    assert ran.status in {1, 5}, ran.output
    assert "no answer" in ran.output
    assert (tmp_path / "report.json").exists()


@pytest.mark.planted
def test_a_run_of_which_nothing_is_planted(tmp_path: Path) -> None:
    ran = planted(tmp_path).guidance(*RUN)
    # A busy machine may miss a target; that is none of these.
    assert ran.status in {0, 1}, ran.output
    assert not re.search("ended early|answered nobody|not measured|could not be", ran.output)
