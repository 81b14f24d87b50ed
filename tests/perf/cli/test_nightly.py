"""What the nightly run does with its report: compares, keeps, and says what became worse."""

from pathlib import Path

import pytest

from perf.cli.exit_status import ExitStatus
from perf.cli.nightly import base_revision
from perf.cli.nightly import compare_with_history as compared
from perf.comparisons.report.files import NAME
from perf.load.results.report_file import read_report
from tests.perf.comparisons.report.sample_reports import made_up

pytestmark = pytest.mark.heavy


def test_the_first_night_has_nothing_to_compare_with_and_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compared(made_up(), tmp_path / "history", tmp_path / "out") is ExitStatus.NO_REGRESSION
    (kept,) = (tmp_path / "history").iterdir()
    assert read_report(kept) == made_up()
    assert kept.name == "20260220T093000Z-smoke.json"
    assert "nothing to compare with yet" in capsys.readouterr().out


def test_a_slower_night_is_worse_than_the_one_before(tmp_path: Path) -> None:
    history, out = tmp_path / "history", tmp_path / "out"
    compared(made_up(), history, out)
    assert compared(made_up(seed=2, day=1), history, out) is ExitStatus.NO_REGRESSION
    slower = made_up({"Quota": 1.5}, seed=3, day=2)
    assert compared(slower, history, out) is ExitStatus.REGRESSION
    assert "Quota is slower" in (out / f"{NAME}.md").read_text()
    assert "Trend over 3 runs" in (out / f"{NAME}.html").read_text()


def test_the_version_of_the_last_night_is_the_base_where_git_knows_it(tmp_path: Path) -> None:
    assert base_revision(tmp_path) == "HEAD~1"
    run = made_up()
    run.model_copy(update={"commit": "no-such-commit"}).write(tmp_path / "a.json")
    assert base_revision(tmp_path) == "HEAD~1"
    made_up(day=1).write(tmp_path / "b.json")
    assert base_revision(tmp_path) == run.commit.removesuffix("+")
