"""Reports of earlier runs, for the trend."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from perf.cli.exit_status import ExitStatus
from perf.comparisons.report.comparison.compare import differences
from perf.load.results.completeness import incomplete
from perf.load.results.report import LoadReport
from perf.load.results.report_file import ReportUnreadable, read_report


def history_of(current: LoadReport, folder: Path) -> tuple[list[LoadReport], list[str]]:
    """The runs in a folder that are comparable with this one, oldest first, including it.

    Also the reasons why files were skipped because they cannot be read.
    """
    found, passed_over = {current.started_at: current}, []
    for path in sorted(folder.glob("*.json")):
        try:
            report = read_report(path)
        except ReportUnreadable as error:
            passed_over.append(str(error))
        else:
            if not differences(report, current):
                found[report.started_at] = report
    return [found[at] for at in sorted(found)], passed_over


def keep(report: LoadReport, folder: Path) -> Path:
    """Store a report in a folder, and return its file."""
    path = folder / f"{report.started_at:%Y%m%dT%H%M%SZ}-{report.profile}.json"
    report.write(path)
    return path


def newest(folder: Path, like: LoadReport) -> LoadReport | None:
    """The newest comparable run before this one that did not end early."""
    runs, _ = history_of(like, folder)
    whole = (one for one in reversed(runs) if not _ended_early(one))
    return next((one for one in whole if one.started_at < like.started_at), None)


def _ended_early(report: LoadReport) -> bool:
    return any(one.state is ExitStatus.ENDED_EARLY for one in incomplete(report))


def newest_of_profile(folder: Path, like: LoadReport) -> LoadReport | None:
    """The newest run before this one with the same profile, comparable or not."""
    before = [
        one
        for one in _readable(folder)
        if one.profile == like.profile and one.started_at < like.started_at
    ]
    return max(before, key=lambda one: one.started_at, default=None)


def newest_commit(folder: Path) -> str | None:
    """The commit of the newest readable run; None if there is none."""
    found = max(_readable(folder), key=lambda one: one.started_at, default=None)
    return None if found is None else found.commit.removesuffix("+")


def _readable(folder: Path) -> Iterator[LoadReport]:
    for path in folder.glob("*.json"):
        with suppress(ReportUnreadable):
            yield read_report(path)
