"""Twice what a process carries: it goes on answering, and says to the rest when to come again."""

import pytest
import uvloop

from perf.chaos.overload.command import OverloadPlan, overloaded, running_server
from perf.dataset.bench.tables import BenchSizes

pytestmark = pytest.mark.slow  # tests/app/http/admission has the short forms

_FEW = BenchSizes(
    users=60,
    conversations_per_user=20,
    users_with_messages=60,
    exchanges_per_conversation=2,
    accounts=1,
    usage_days=2,
)


def test_at_four_times_the_peak_some_are_answered_and_the_rest_are_refused() -> None:
    with running_server(_FEW) as (port, tokens):
        load = OverloadPlan(rounds=1, seconds=1.0, times=4.0, connections=200, changes=0.2)
        found = uvloop.run(overloaded(port, tokens, load, warm_seconds=0.3))
    over = found.over
    assert found.peak.answered
    assert not found.peak.others
    # How many is a matter of the machine; that nobody is left without an answer is not.
    assert over.sent == len(over.answered) + len(over.refused)
    assert over.answered
    assert over.refused
    assert not over.without_retry_after
