"""The page of a report: one verdict, one order and one set of figures in words and pictures."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from perf.comparisons.report import words
from perf.comparisons.report.comparison.compare import Comparison, compare
from perf.comparisons.report.files import NAME, write_report
from perf.comparisons.report.html.page import page
from perf.comparisons.report.html.scales import LogScale, linear_ticks, milliseconds
from perf.comparisons.report.html.stylesheet import DARK, LIGHT, LINES
from perf.comparisons.report.rows import rows
from perf.load.results.report import LoadReport
from tests.fixtures.browser import Page, browser
from tests.perf.comparisons.report.sample_reports import made_up

pytestmark = pytest.mark.heavy

PAGE = "ConversationPage"
HISTORY = [made_up(seed=day, day=day - 9) for day in range(3)]


def worse() -> Comparison:
    """One operation is slower and beyond its budget, one is gone, and one has an error."""
    before, after = made_up(), made_up({PAGE: 8}, seed=2, day=1)
    quota = after.operations["Quota"].model_copy(update={"errors": {"HTTP 503": 1}})
    return compare(
        having(before, GenerateGuidance=before.operations["Quota"]), having(after, Quota=quota)
    )


# Any: operations of a report.
def having(report: LoadReport, **operations: Any) -> LoadReport:
    return report.model_copy(update={"operations": {**report.operations, **operations}})


def test_words_tables_and_pictures_have_one_order_and_one_verdict() -> None:
    comparison = worse()
    found = [(row.name, row.verdict) for row in rows(comparison)]
    assert found == [("GenerateGuidance", "gone"), (PAGE, "slower"), ("Quota", "new errors")]
    text = page(comparison, [])
    in_table = re.findall(r'<b>(\w+)</b> <span class="bad">([^<]+)</span>', text)
    in_budgets = re.findall(r'<div class="row"><div>(\w+)<br><b class="bad">([^<]+)</b>', text)
    above_latencies = re.findall(r'<figcaption>(\w+): <span class="bad">([^<]+)</span>', text)
    assert (in_table, in_budgets, above_latencies) == (found, found, found)
    assert '<p class="summary">1 gone, 1 slower, 1 new errors</p>' in text
    assert (
        '<p class="verdict bad">Operations are gone. Something became worse. '
        "There are new errors.</p>"
    ) in text


def test_one_error_in_many_is_on_the_page_by_its_code_and_new() -> None:
    text = page(worse(), [])
    assert '<td data-label="what">failed: HTTP 503</td>' in text
    assert '<td data-label="baseline">0 of 800</td>' in text
    assert '<td data-label="current run">1 of 800 <b class="bad">new</b></td>' in text


def test_the_bars_are_what_the_words_say_of_them() -> None:
    comparison = worse()
    slow = comparison.current.operations[PAGE]
    assert slow.p95 is not None
    share = slow.p95.value / 150
    text = page(comparison, [])
    assert f"{share:.0%} of 150 ms</div>" in text
    (row,) = re.findall(rf'<div class="row"><div>{PAGE}<br>.*?</div></div>', text)
    widths = [float(one) for one in re.findall(r'class="bar \w+" style="width:([\d.]+)%', row)]
    (limit,) = (float(one) for one in re.findall(r'mark limit" style="left:([\d.]+)%', row))
    assert widths[1] / limit == pytest.approx(share, rel=1e-3)
    assert widths[1] == 100


def test_every_axis_has_ticks_with_a_unit() -> None:
    text = page(worse(), [*HISTORY, worse().current])
    ticks = re.findall(r'<span class="tick[^"]*" style="left:[\d.]+%">([^<]*)</span>', text)
    levels = re.findall(r'<span class="level" style="top:[\d.]+%">([^<]*)</span>', text)
    assert {"0%", "50%", "100%", "10 ms", "100 ms"} <= set(ticks)
    assert all(re.fullmatch(r"[\d.]+( ms| s|%)|\d{4}-\d\d-\d\d \w+", one) for one in ticks)
    assert levels
    assert all(re.fullmatch(r"\d+%", one) for one in levels)
    assert text.count('class="area"') == len(rows(worse())) + 1


def test_what_cannot_be_compared_is_painted_neither_good_nor_bad() -> None:
    comparison = compare(made_up(), made_up({PAGE: 8}, day=1).model_copy(update={"data": "other"}))
    text = page(comparison, [])
    assert '<p class="verdict unknown">Not comparable.</p>' in text
    assert {row.verdict for row in rows(comparison)} == {"not compared"}
    assert 'class="bad"' not in text
    assert 'class="good"' not in text


def test_a_target_that_both_runs_miss_is_no_regression_and_is_said() -> None:
    comparison = compare(made_up({PAGE: 8}), made_up({PAGE: 8}, seed=2, day=1))
    headline = words.headline(comparison)
    assert headline.startswith("No regression was found. Targets missed as before: ")
    assert any(f"Missed as before: {PAGE} FAIL" in one for one in words.findings(comparison))


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([9_000, 160_000], ["10 ms", "20 ms", "50 ms", "100 ms"]),
        ([0, 0], ["0.0009 ms", "0.001 ms", "0.0012 ms"]),
        ([1, 10_000_000], ["0.001 ms", "0.05 ms", "2 ms", "100 ms", "5 s"]),
        ([100_000, 101_000], ["90 ms", "100 ms", "120 ms"]),
        ([160_000, 170_000], ["150 ms", "200 ms"]),
    ],
)
def test_a_logarithmic_axis_has_a_few_round_ticks(values: list[float], ticks: list[str]) -> None:
    scale = LogScale.over(values)
    assert [milliseconds(one) for one in scale.ticks()] == ticks
    assert all(0 <= scale.place(one) <= 100 for one in values)


def test_a_linear_axis_has_a_few_round_ticks() -> None:
    assert linear_ticks(1.25) == (0, 0.5, 1.0)
    assert linear_ticks(4) == (0, 1, 2, 3, 4)
    assert linear_ticks(0.03) == (0, 0.01, 0.02, 0.03)


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
def test_every_word_can_be_read_on_its_ground(scheme: dict[str, str]) -> None:
    words_on = {
        (name, ground): contrast(scheme[name], scheme[ground])
        for name in ("text", "quiet", "limit", "bad", "good", "unknown")
        for ground in ("page", "panel")
    }
    # WCAG 2.2, 1.4.3 and 1.4.11.
    assert {pair: ratio for pair, ratio in words_on.items() if ratio < 4.5} == {}
    shapes = [scheme["baseline"], scheme["current"]]
    shapes += [pair[scheme is DARK] for pair in LINES.values()]
    assert [one for one in shapes if contrast(one, scheme["page"]) < 3] == []


def contrast(one: str, other: str) -> float:
    """The ratio of relative luminances (WCAG 2.2)."""
    low, high = sorted(luminance(colour) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.fixture(scope="module")
def shown() -> Iterator[Page]:
    with browser() as found:
        yield found


OVERLAPPING = """(() => {
  const boxes = (one) => [...one.children].map((each) => each.getBoundingClientRect());
  const pairs = [...document.querySelectorAll(".axis")].map((axis) =>
    boxes(axis).sort((a, b) => a.left - b.left));
  return pairs.flatMap((found) => found.slice(1).filter((box, at) => box.left < found[at].right))
    .length;
})()"""
OUTSIDE = """[...document.querySelectorAll("body *")].filter((one) => {
  const box = one.getBoundingClientRect();
  return box.width && (box.left < -1 || box.right > innerWidth + 1);
}).length"""
SMALLEST = """Math.min(...[...document.querySelectorAll("body *")]
  .map((one) => parseFloat(getComputedStyle(one).fontSize)))"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1000])
def test_a_browser_shows_all_of_it(shown: Page, tmp_path: Path, width: int, scheme: str) -> None:
    write_report(worse(), [*HISTORY, worse().current], tmp_path)
    shown.open(tmp_path / f"{NAME}.html", width=width, scheme=scheme)
    assert shown.value("document.documentElement.scrollWidth") <= width
    assert shown.value(OUTSIDE) == 0
    assert shown.value(OVERLAPPING) == 0
    assert shown.value(SMALLEST) >= 12
    colours = {"light": ("rgb(255, 255, 255)", "rgb(22, 25, 29)"), "dark": ("rgb(20, 23, 26)",
        "rgb(232, 234, 237)")}  # fmt: skip
    body = "getComputedStyle(document.body)"
    found = shown.value(f"{body}.backgroundColor"), shown.value(f"{body}.color")
    assert found == colours[scheme]
    heights = shown.value(
        '[...document.querySelectorAll("svg")].map((one) => one.getBoundingClientRect().height)'
    )
    assert heights == [128] * 4
    bars = shown.value(
        '[...document.querySelectorAll(".bar.current")].map((one) => one.clientWidth)'
    )
    assert [one > other for one, other in pairwise(bars)] == [True]
