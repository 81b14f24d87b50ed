"""What is wrong with a server is caught and named: faults planted into a tiny one."""

import re

import pytest

from perf.load.results.report import LoadReport, Target
from perf.load.results.terminal import lines
from perf.load.run import run_load
from perf.load.workload.profiles import Profile
from perf.statistics.verdicts import Verdict
from tests.perf.load.fake_server import VIEWER, Faults, tiny_server

pytestmark = pytest.mark.heavy

BRIEF = Profile("brief", rate=50, warm_up=0.2, ramp_up=0.4, plateau=3.5, spike=0.4)
FAULT = {"data": VIEWER, "errors": [{"extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}
REFUSED = {"errors": [{"extensions": {"code": "THROTTLED"}}]}
QUOTA_USED_UP = {"data": {"sendMessage": {"userErrors": [{"code": "QUOTA_EXCEEDED"}]}}}


def run(faults: Faults) -> LoadReport:
    with tiny_server(faults) as (target, _):
        return run_load(BRIEF, target, seed=1)


def target(targets: tuple[Target, ...], name: str) -> Target:
    return next(one for one in targets if one.name == name)


@pytest.fixture(scope="module")
def wrong() -> LoadReport:
    """Of a server of which three operations go wrong, and the others do not."""
    return run(
        Faults(
            answers={
                "ConversationPage": (429, REFUSED),
                "CurrentSubscription": (200, FAULT),
                "SendMessage": (200, QUOTA_USED_UP),
            }
        )
    )


def test_a_flood_of_429_is_caught_and_flatters_no_latency(wrong: LoadReport) -> None:
    page = wrong.operations["ConversationPage"]
    assert page.protected == {"429": page.requests}
    assert (page.errors, page.latencies_us, page.p95) == ({}, (), None)
    assert target(page.targets, "refused on purpose").verdict is Verdict.FAIL
    assert target(page.targets, "p95").verdict is Verdict.INCONCLUSIVE
    reported = f"ConversationPage: {page.requests} of {page.requests} refused on purpose: 429"
    assert reported in list(lines(wrong))


def test_an_internal_error_in_a_200_is_an_error(wrong: LoadReport) -> None:
    found = wrong.operations["CurrentSubscription"]
    assert found.errors == {"HTTP 200 with INTERNAL_SERVER_ERROR": found.requests}
    assert target(found.targets, "errors").verdict is Verdict.FAIL
    assert target(wrong.targets, "errors").verdict is Verdict.FAIL
    assert wrong.verdict is Verdict.FAIL
    reported = (
        f"CurrentSubscription: {found.requests} of {found.requests} failed: "
        "HTTP 200 with INTERNAL_SERVER_ERROR"
    )
    assert reported in list(lines(wrong))


def test_a_quota_that_is_used_up_is_a_protection(wrong: LoadReport) -> None:
    sent = wrong.operations["SendMessage"]
    assert sent.protected == {"quota": sent.requests}


def test_what_is_right_is_not_blamed(wrong: LoadReport) -> None:
    quota = wrong.operations["Quota"]
    assert (quota.errors, quota.protected) == ({}, {})
    assert len(quota.latencies_us) == quota.requests


def test_statements_are_counted_alone_and_under_load(wrong: LoadReport) -> None:
    (method, use) = next(iter(wrong.operations["Quota"].alone.items()))
    assert (method, use.calls) == ("Quota.rows", 1)
    assert use.database_seconds == pytest.approx(0.001)
    assert wrong.counts is not None
    # The warm-up is sent too, so more were requested than count.
    counted = sum(one.requests for one in wrong.operations.values())
    assert wrong.counts.statements >= counted


def test_a_stall_of_two_seconds_cannot_hide() -> None:
    """One request stalls the server: of a closed loop it would be one sample of hundreds."""
    report = run(Faults(stall_at=120, stall_seconds=2))
    silence = max(report.silences, key=lambda one: one.seconds)
    assert 1.9 < silence.seconds < 3
    assert silence.waiting > 50
    late = sum(us > 1_000_000 for one in report.operations.values() for us in one.latencies_us)
    assert late > 25
    assert target(report.targets, "longest stall").verdict is Verdict.FAIL
    assert report.verdict is Verdict.FAIL
    reported = r"the server answered nothing for 2\.\d s from second \d\.\d on, while \d+ requests"
    assert any(re.match(reported, line) for line in lines(report))
