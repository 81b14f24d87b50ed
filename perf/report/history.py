"""The reports of former runs, for the trend."""

from contextlib import suppress
from pathlib import Path

from perf.load.result import LoadReport, ReportUnreadable, read_report
from perf.report.compare import differences


def history_of(current: LoadReport, folder: Path) -> tuple[list[LoadReport], list[str]]:
    """The runs in a folder that can be compared with this one, oldest first, it included.

    Then the files that were passed over because they cannot be read, each with the reason.
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
    """Add a run to a folder, and give its file."""
    path = folder / f"{report.started_at:%Y%m%dT%H%M%SZ}-{report.profile}.json"
    report.write(path)
    return path


def newest(folder: Path, like: LoadReport) -> LoadReport | None:
    """The newest run before this one that can be compared with it."""
    runs, _ = history_of(like, folder)
    return next((one for one in reversed(runs) if one.started_at < like.started_at), None)


def newest_commit(folder: Path) -> str | None:
    """The commit of the newest run of any kind, None where there is none that can be read."""
    found: list[LoadReport] = []
    for path in folder.glob("*.json"):
        with suppress(ReportUnreadable):
            found.append(read_report(path))
    if not found:
        return None
    return max(found, key=lambda one: one.started_at).commit.removesuffix("+")
