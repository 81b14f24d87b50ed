"""The page about the tunings says what was measured, with samples and intervals."""

from dataclasses import replace
from datetime import UTC, datetime
from math import inf

import pytest

from perf.comparisons.ab.interleaving import InterleavedRounds, StopRule
from perf.comparisons.ab.measured_servers import by_mix
from perf.comparisons.ab.rounds import ComparisonPlan, Measured, measure
from perf.comparisons.ab.verdicts import ShiftVerdict, judge
from perf.comparisons.tunings.measurement import Tunings
from perf.comparisons.tunings.outages import Outages
from perf.comparisons.tunings.page import tunings_page
from perf.load.workload.callers import Callers
from perf.load.workload.flows import FLOWS
from perf.servers.host import this_host
from tests.perf.load.fake_server import Faults, tiny_server

QUOTA = "Quota"
PLAN = ComparisonPlan((QUOTA,), StopRule(0, inf, most_rounds=24))


@pytest.fixture(scope="module")
def measured() -> Measured:
    """A tuning that makes the quota three times as quick."""
    slow = Faults(takes={QUOTA: 0.03})
    quick = Faults(takes={QUOTA: 0.01}, clock=slow.clock)
    with tiny_server(slow) as (left, _), tiny_server(quick) as (right, _):
        off, on = (
            by_mix(
                one.url,
                Callers.for_flows({QUOTA: FLOWS[QUOTA]}, one.credentials, ()),
                slow.clock,
            )
            for one in (left, right)
        )
        return measure(off, on, PLAN, clock=slow.clock)


def test_the_page_has_each_tuning_before_and_after(measured: Measured) -> None:
    # Made up, so that the page is the same each time.
    rounds = [
        ([0.03 + n / 1e5 for n in (even, even + 1)], [0.01 + n / 1e5 for n in (even, even + 1)])
        for even in range(0, 24, 2)
    ]
    even = replace(measured, interleaved=InterleavedRounds({QUOTA: rounds}, {}))
    off, on = Outages(10, 1, 30, 2, [0.5]), Outages(10, 9, 20, 0, [0.4, 0.6])
    page = tunings_page(
        Tunings(("ix_a", "ix_b"), even, even, even, even, (off, on)),
        commit="abc",
        host=this_host(),
        data="little data",
        at=datetime(2026, 2, 21, tzinfo=UTC),
    )
    headings = [line for line in page.splitlines() if line.startswith("## ")]
    assert headings == [
        "## Composite indexes",
        "## Subscription cache",
        "## One subscription lookup",
        "## Retry backoff with jitter",
        "## The objectives, with every tuning on",
        "## Again",
    ]
    assert "`ix_a`, `ix_b`" in page
    row = "| Quota | 24 | 30.1 (30.1 to 30.2) | 10.1 (10.1 to 10.2) | 30.2 (30.2 to …) "
    assert page.count(row) == 4
    assert "faster: -66% (" in page
    assert "| off | 10 | 10.0% | 0.3% to 44.5% | 3.00 | 2 | 500 |" in page
    assert "| on | 10 | 90.0% | 55.5% to 99.7% | 2.00 | 0 | 500 |" in page
    assert "| Quota | 24 | 10.2 (10.2 to …) | INCONCLUSIVE (≤" in page


def test_what_was_measured_is_faster(measured: Measured) -> None:
    (found,) = judge(measured, minimum=0.1)
    assert found.change is ShiftVerdict.FASTER
    assert found.at(0.5).value == pytest.approx(-2 / 3, abs=0.05)
