"""The page about the tunings says what was measured, with samples and intervals."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from perf.ab.rounds import Measured, Plan, measure
from perf.load.flows import FLOWS
from perf.load.host import this_host
from perf.tunings.measuring import Tunings
from perf.tunings.outages import Outages
from perf.tunings.written import written
from tests.perf.load.tiny import Faults, tiny_server

QUOTA = "Quota"
PLAN = Plan(rounds=6, requests=1, flows={QUOTA: FLOWS[QUOTA]})


@pytest.fixture(scope="module")
def measured() -> Measured:
    """A tuning that makes the quota three times as quick."""
    slow = Faults(takes={QUOTA: 0.03})
    quick = Faults(takes={QUOTA: 0.01}, clock=slow.clock)
    with tiny_server(slow) as (left, _), tiny_server(quick) as (right, _):
        return measure(left, right, PLAN, clock=slow.clock)


def test_the_page_has_each_tuning_before_and_after(measured: Measured) -> None:
    # Made up, so that the page is the same each time.
    even = Measured(
        replace(measured.a, latencies={QUOTA: [0.03 + n / 1e5 for n in range(12)]}),
        replace(measured.b, latencies={QUOTA: [0.01 + n / 1e5 for n in range(12)]}),
        {QUOTA: [-1.0 - n / 100 for n in range(6)]},
    )
    off, on = Outages(10, 1, 30, 2, [0.5]), Outages(10, 9, 20, 0, [0.4, 0.6])
    page = written(
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
    row = "| Quota | 12 | 30.1 (30.0 to 30.1) | 10.1 (10.0 to 10.1) | 30.1 (30.1 to …) "
    assert page.count(row) == 4
    assert "faster: -64% (" in page
    assert "| off | 10 | 10.0% | 0.3% to 44.5% | 3.00 | 2 | 500 |" in page
    assert "| on | 10 | 90.0% | 55.5% to 99.7% | 2.00 | 0 | 500 |" in page
    assert "| Quota | 12 | 10.1 (10.1 to …) | INCONCLUSIVE (≤" in page


def test_what_was_measured_is_faster(measured: Measured) -> None:
    assert min(measured.differences[QUOTA]) < max(measured.differences[QUOTA]) < 0
