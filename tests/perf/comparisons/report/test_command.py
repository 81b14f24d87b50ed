"""`guidance perf report`: its files, its exit statuses, and what it says of files it cannot use."""

import json
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path

import orjson
import pytest
from click.testing import Result

from perf.comparisons.report.files import NAME
from perf.comparisons.report.history import history_of, keep, newest
from perf.load.results.report import LoadReport
from perf.load.results.report_file import read_report
from tests.perf.comparisons.report.report_command import asked, status
from tests.perf.comparisons.report.sample_reports import made_up, on_another_machine

pytestmark = pytest.mark.heavy

PAGE = "ConversationPage"


def compared(folder: Path, baseline: LoadReport, current: LoadReport, *options: str) -> Result:
    for name, report in (("before", baseline), ("after", current)):
        report.write(folder / f"{name}.json")
    return asked(folder, folder / "before.json", folder / "after.json", *options)


@pytest.mark.parametrize(
    ("slower", "expected", "headline"),
    [
        ({}, 0, "No regression was found."),
        ({PAGE: 1.5}, 1, "Something became worse."),
    ],
)
def test_the_exit_status_says_what_it_comes_to(
    tmp_path: Path, slower: Mapping[str, float], expected: int, headline: str
) -> None:
    result = compared(tmp_path, made_up(), made_up(slower, seed=2, day=1))
    assert (status(result), result.stdout.splitlines()[0]) == (expected, headline)
    assert f"**{headline}**" in (tmp_path / "out" / f"{NAME}.md").read_text()


def test_other_machines_have_a_status_of_their_own(tmp_path: Path) -> None:
    result = compared(tmp_path, made_up(), on_another_machine(made_up(day=1)))
    assert (status(result), result.stdout.splitlines()[0]) == (3, "Not comparable.")
    assert json.loads((tmp_path / "out" / f"{NAME}.json").read_text())["outcome"] == (
        "not_comparable"
    )


def test_a_report_that_was_written_is_read_as_it_was(tmp_path: Path) -> None:
    written = made_up()
    written.write(tmp_path / "deep" / "report.json")
    assert read_report(tmp_path / "deep" / "report.json") == written
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["report.json"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "no such file or directory"),
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"{", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[1]", "is not a report of `guidance perf run`"),
        (b'{"profile": "smoke"}', "is not a report of `guidance perf run`"),
        (
            b'{"kind": "guidance load test", "version": 0}',
            "is a report of version 0, and this reads version 2",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    path = tmp_path / "given.json"
    if content is not None:
        path.write_bytes(content)
    made_up().write(tmp_path / "good.json")
    result = asked(tmp_path, path, tmp_path / "good.json")
    assert (status(result), str(result.exception)) == (2, f"{path}: {reason}")


def test_a_damaged_report_says_where(tmp_path: Path) -> None:
    report = orjson.loads(made_up().model_dump_json())
    report["operations"]["Quota"]["requests"] = "many"
    path = tmp_path / "damaged.json"
    path.write_bytes(orjson.dumps(report))
    result = asked(tmp_path, path, path)
    assert status(result) == 2
    assert str(result.exception).startswith(
        f"{path}: is damaged at operations.Quota.requests: input should be a valid integer"
    )


class Elements(HTMLParser):
    """What a page holds."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href"}]


def test_the_page_has_pictures_and_needs_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "history"
    for day in range(3):
        keep(made_up(seed=day, day=day - 9), folder)
    compared(tmp_path, made_up(), made_up({PAGE: 1.5}, seed=2, day=1))
    text = (tmp_path / "out" / f"{NAME}.html").read_text()
    elements = Elements()
    elements.feed(text)
    # Two distributions, and the trend.
    assert elements.tags.count("svg") == 3
    assert elements.addresses == []
    assert not re.search(r"<script|@import|url\(|https?://", text)
    assert "Trend over 4 runs" in text
    assert "ConversationPage is slower" in text


def test_the_trend_is_of_runs_that_can_be_compared_oldest_first(tmp_path: Path) -> None:
    runs = [made_up(seed=day, day=day) for day in (2, 0, 1)]
    for one in runs:
        keep(one, tmp_path)
    keep(on_another_machine(made_up(day=5)), tmp_path)
    (tmp_path / "broken.json").write_text("{")
    found, passed_over = history_of(runs[0], tmp_path)
    assert found == [runs[1], runs[2], runs[0]]
    assert passed_over == [f"{tmp_path / 'broken.json'}: is not JSON"]
    assert newest(tmp_path, runs[0]) == runs[2]
    assert newest(tmp_path, runs[1]) is None
