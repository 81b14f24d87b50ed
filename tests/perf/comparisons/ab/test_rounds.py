"""Two servers in turns: a change of any quantile is caught and named, and nothing else is."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from perf.cli.command import perf
from perf.comparisons.ab.command import STATES
from perf.comparisons.ab.interleaving import StopRule
from perf.comparisons.ab.measured_servers import AnswerUnusable, by_mix
from perf.comparisons.ab.report import NAME, VersionComparison, report_lines, write
from perf.comparisons.ab.rounds import ComparisonPlan, Measured, measure
from perf.comparisons.ab.verdicts import OperationShift, ShiftVerdict, change_of, judge, outcome
from perf.load.workload.callers import Callers
from perf.load.workload.flows import FLOWS
from perf.servers.seeded import ServerUnderTest
from perf.statistics.shift import Shift
from tests.perf.load.fake_server import Faults, tiny_server

pytestmark = pytest.mark.heavy

QUOTA, PAGE = "Quota", "ConversationPage"
FLOWS_HERE = {name: FLOWS[name] for name in (QUOTA, PAGE)}
USUAL = {QUOTA: 0.012, PAGE: 0.012}
MINIMUM = 0.1
PLAN = ComparisonPlan((QUOTA, PAGE), StopRule(MINIMUM, seconds=60, most_rounds=400))


def measured(b: Faults) -> Measured:
    """By a made-up clock: a busy machine does not decide what is found."""
    a = Faults(takes=USUAL, clock=b.clock)
    with tiny_server(a) as (left, _), tiny_server(b) as (right, _):
        return compared(left, right, b)


def compared(left: ServerUnderTest, right: ServerUnderTest, b: Faults) -> Measured:
    sides = [
        by_mix(one.url, Callers.for_flows(FLOWS_HERE, one.credentials, ()), b.clock)
        for one in (left, right)
    ]
    return measure(sides[0], sides[1], PLAN, clock=b.clock)


def comparison(found: Measured) -> VersionComparison:
    judged = judge(found, minimum=MINIMUM)
    return VersionComparison(
        ("before", "after"), MINIMUM, found.interleaved, judged, found.left_out
    )


def test_a_slowdown_of_a_fifth_is_caught_and_named(tmp_path: Path) -> None:
    """And the method that runs more often as what explains it."""
    faults = Faults(takes=USUAL | {QUOTA: 0.0144}, statements={QUOTA: 21})
    found = comparison(measured(faults))
    slower, page = found.operations
    assert (slower.name, slower.change) == (QUOTA, ShiftVerdict.SLOWER)
    assert 0.1 < slower.at(0.5).value < 0.3
    assert slower.why[0] == "Quota.rows ran 1 times a request, and runs 21 times now"
    assert (page.change, page.why) == (ShiftVerdict.SAME, ())
    said = list(report_lines(found))
    assert any(line.startswith("Quota is slower: ") and "; p50 " in line for line in said)
    assert found.outcome is ShiftVerdict.SLOWER
    assert "slower: Quota" in said
    write(found, tmp_path)
    written = orjson.loads((tmp_path / f"{NAME}.json").read_bytes())
    assert (written["version"], written["outcome"]) == (2, "slower")
    assert written["operations"][QUOTA]["quantiles"]["p50"]["change"] == "slower"
    assert written["operations"][PAGE]["quantiles"]["p95"]["change"] == "no change"


def test_what_happens_in_each_tenth_call_is_named_by_its_quantile() -> None:
    """The mean of logarithms would hide it, and the median is what it was."""
    found = comparison(measured(Faults(takes=USUAL, each_tenth={QUOTA: 0.025})))
    slower = found.operations[0]
    assert change_of(slower.at(0.95), MINIMUM) is ShiftVerdict.SLOWER
    assert change_of(slower.at(0.5), MINIMUM) is ShiftVerdict.SAME
    assert any(
        line.startswith("Quota is slower: ") and "p95 " in line for line in report_lines(found)
    )


def test_the_same_version_twice_is_no_change_and_is_known_before_the_time_is_up() -> None:
    found = measured(Faults(takes=USUAL))
    assert comparison(found).outcome is ShiftVerdict.SAME
    assert len(found.interleaved.rounds[QUOTA]) < 400
    assert found.interleaved.detectable_effects[QUOTA][0.5] < 0.2


def test_what_one_of_both_cannot_answer_is_left_out_and_not_passed_over() -> None:
    refusing = Faults(takes=USUAL, answers={PAGE: (503, {})})
    found = comparison(measured(refusing))
    assert [one.name for one in found.operations] == [QUOTA]
    reason = "b: ConversationPage is answered with HTTP 503"
    assert found.left_out == {PAGE: reason}
    assert f"ConversationPage was not compared: {reason}" in list(report_lines(found))
    assert found.outcome is ShiftVerdict.UNKNOWN


def test_an_error_is_not_timed() -> None:
    everything = Faults(answers={QUOTA: (503, {}), PAGE: (503, {})})
    with pytest.raises(AnswerUnusable, match="b: Quota is answered with HTTP 503"):
        measured(everything)


@pytest.mark.parametrize(
    ("shift", "change"),
    [
        (Shift(0.5, 10, 11, 0.01, 0.2), ShiftVerdict.SLOWER),
        (Shift(0.5, 10, 10.4, 0.01, 0.08), ShiftVerdict.SAME),  # certain, and not worth a word
        (Shift(0.5, 10, 10.4, 0.01, 0.105), ShiftVerdict.SAME),
        (Shift(0.5, 10, 11, -0.01, 0.2), ShiftVerdict.UNKNOWN),
        (Shift(0.5, 10, 10, -0.05, 0.05), ShiftVerdict.SAME),
        (Shift(0.5, 10, 9, -0.2, -0.01), ShiftVerdict.FASTER),
        (Shift(0.95, 10, 11.5, 0.01, 0.3), ShiftVerdict.SLOWER),
        (Shift(0.95, 10, 10.5, -0.1, 0.15), ShiftVerdict.SAME),  # tails are known less precisely
        (Shift(0.99, 10, 11.5, 0.01, 0.5), ShiftVerdict.UNKNOWN),
    ],
)
def test_a_quantile_has_changed_where_that_is_sure_and_worth_a_word(
    shift: Shift, change: ShiftVerdict
) -> None:
    assert change_of(shift, MINIMUM) is change


def test_nothing_hides_that_something_cannot_be_told() -> None:
    def operation(low: float, high: float, b: float) -> OperationShift:
        shifts = tuple(Shift(one, 10, b, low, high) for one in (0.5, 0.95))
        return OperationShift("any", 100, shifts, MINIMUM)

    same, unknown = operation(-0.05, 0.05, 10), operation(-0.5, 0.5, 10)
    faster, slower = operation(-0.3, -0.2, 7), operation(0.2, 0.4, 13)
    assert outcome([same, faster], is_complete=True) is ShiftVerdict.FASTER
    assert outcome([same, faster], is_complete=False) is ShiftVerdict.UNKNOWN
    assert outcome([same, unknown, faster], is_complete=True) is ShiftVerdict.UNKNOWN
    assert outcome([same, unknown, slower], is_complete=True) is ShiftVerdict.SLOWER
    assert [STATES[one].value for one in ShiftVerdict] == [1, 0, 0, 12]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--a", "no-such-revision", "--b", "HEAD"), "is neither a folder nor a revision"),
        (("--a", "tests", "--b", "HEAD"), "tests has no app/server.py"),
        (("--a", "HEAD", "--b", "HEAD", "--set-a", "no value"), "is not like NAME=VALUE"),
        (("--a", "HEAD", "--b", "HEAD", "--operation", "Qouta"), "there is no document Qouta"),
    ],
)
def test_what_is_no_version_is_one_line(options: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(perf, ["ab", *options])
    assert result.exit_code in {2, 5}
    assert said in result.stderr.splitlines()[-1]
