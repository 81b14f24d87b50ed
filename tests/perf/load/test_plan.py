"""What is sent when, how stalls are found, and what answers are worth."""

from itertools import pairwise

import orjson
import pytest

from perf.load.generator.outcomes import ANSWERED, Outcome, OutcomeKind, error, outcome_of
from perf.load.generator.samples import PROBE, Sample
from perf.load.results.stalls import Stall, stalls
from perf.load.workload.profiles import PLATEAU, PROFILES, RAMP_UP, SPIKE, WARM_UP, Profile
from perf.load.workload.schedule import schedule
from perf.servers.client import Address
from perf.statistics.verdicts import samples_needed

PROFILE = Profile("any", rate=100, warm_up=1, ramp_up=10, plateau=10, spike=5)
ACCEPTED = frozenset({"429", "quota"})


def test_the_rate_ramps_up_stays_and_has_a_spike() -> None:
    planned = schedule(PROFILE, {"a": 3, "b": 1}, seed=1)
    sent = [one for one in planned if one.operation != PROBE]
    counts = {
        name: sum(one.stage == name for one in sent) for name in (WARM_UP, RAMP_UP, PLATEAU, SPIKE)
    }
    # 25, 625, 1,000 and 1,000 are expected; five standard deviations are allowed.
    for name, expected in zip(counts, (25, 625, 1_000, 1_000), strict=True):
        assert counts[name] == pytest.approx(expected, abs=5 * expected**0.5)
    halves = [sum(start < one.due <= start + 5 for one in sent) for start in (1, 6)]
    assert halves[1] > 1.4 * halves[0]
    assert sum(one.operation == "a" for one in sent) == pytest.approx(0.75 * len(sent), rel=0.1)


def test_the_plan_is_in_order_and_the_same_for_the_same_seed() -> None:
    planned = schedule(PROFILE, {"a": 1}, seed=7)
    assert all(before.due <= after.due for before, after in pairwise(planned))
    assert planned == schedule(PROFILE, {"a": 1}, seed=7)
    assert planned != schedule(PROFILE, {"a": 1}, seed=8)


def test_every_profile_but_the_brief_one_asks_for_availability_often_enough_to_judge_it() -> None:
    for profile in (one for name, one in PROFILES.items() if name != "brief"):
        probes = [one for one in schedule(profile, {"a": 1}, seed=1) if one.operation == PROBE]
        assert len([one for one in probes if one.stage != WARM_UP]) >= samples_needed(0.005)


def sample(due: float, ended: float) -> Sample:
    return Sample("any", PLATEAU, due, due, ended, ANSWERED)


def test_a_silence_in_which_several_wait_is_a_stall() -> None:
    before = [sample(at / 10, at / 10 + 0.01) for at in range(10)]
    waiting = [sample(1 + at / 10, 3.0) for at in range(20)]
    assert stalls([*before, *waiting]) == [Stall(1.0, 2.0, 20)]


def test_one_slow_request_is_no_stall_nor_is_a_time_without_requests() -> None:
    assert stalls([sample(0, 0.01), sample(0.1, 5), sample(4.9, 4.95)]) == []
    assert stalls([sample(0, 0.01), sample(0.1, 5), sample(0.2, 5)]) == []


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, {"data": {"viewer": {}}}, ANSWERED),
        (200, {"data": {"viewer": None}}, error("HTTP 200 without data")),
        (200, {"data": {"x": {"userErrors": []}}}, ANSWERED),
        (200, [], error("HTTP 200 without an answer")),
        (200, {"errors": [{"message": "?"}]}, error("HTTP 200 with an error without a code")),
        (
            400,
            {"errors": [{"extensions": {"code": "BAD_USER_INPUT"}}]},
            error("HTTP 400 with BAD_USER_INPUT"),
        ),
        (429, {}, Outcome(OutcomeKind.PROTECTED, "429")),
        (409, {}, error("409 that is not accepted")),
        (503, {}, error("HTTP 503")),
        (
            200,
            {"data": {"x": {"userErrors": [{"code": "USAGE_LIMIT_EXCEEDED"}]}}},
            Outcome(OutcomeKind.PROTECTED, "quota"),
        ),
        (
            200,
            {"data": {"x": {"userErrors": [{"code": "LLM_UNAVAILABLE"}]}}},
            error("user error LLM_UNAVAILABLE"),
        ),
    ],
)
def test_an_answer_is_what_it_says_whatever_its_status(
    status: int, body: object, expected: Outcome
) -> None:
    assert outcome_of(status, orjson.dumps(body), accepts=ACCEPTED) == expected


def test_what_is_no_json_is_an_error() -> None:
    assert outcome_of(200, b"<html>", accepts=ACCEPTED) == error("HTTP 200 without an answer")


def test_an_address_is_read_from_a_url() -> None:
    assert Address.of("http://127.0.0.1:9000/") == Address("127.0.0.1", 9000)
    assert Address.of("https://api.example") == Address("api.example", 443, is_secure=True)
    with pytest.raises(ValueError, match="is not the address of a server"):
        Address.of("127.0.0.1:9000")
