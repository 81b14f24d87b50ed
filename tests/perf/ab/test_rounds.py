"""Two servers in turns: a slowdown of a fifth is caught and named, and nothing else is."""

import pytest
from click.testing import CliRunner

from perf.ab.rounds import AnswerUnusable, Plan, measure
from perf.ab.verdicts import OperationEffect, effects
from perf.ab.written import is_slower, lines
from perf.command import perf
from perf.load.flows import FLOWS
from perf.statistics.bootstrap import Change
from tests.perf.load.tiny import Faults, tiny_server

QUOTA, PAGE = "Quota", "ConversationPage"
USUAL = {QUOTA: 0.012, PAGE: 0.012}
PLAN = Plan(rounds=10, requests=4, flows={name: FLOWS[name] for name in USUAL})


def measured(b: Faults) -> dict[str, OperationEffect]:
    """By a made-up clock: a busy machine does not decide what is found."""
    a = Faults(takes=USUAL, clock=b.clock)
    with tiny_server(a) as (left, _), tiny_server(b) as (right, _):
        found = effects(measure(left, right, PLAN, clock=b.clock), minimum=0.05)
    return {one.name: one for one in found}


def test_a_slowdown_of_a_fifth_is_caught_and_named() -> None:
    """And the method that runs more often as what explains it."""
    found = measured(Faults(takes=USUAL | {QUOTA: 0.0144}, statements={QUOTA: 21}))
    slower = found[QUOTA]
    assert slower.change is Change.SLOWER
    assert slower.effect is not None
    assert 0.1 < slower.effect.value < 0.3
    assert slower.why[0] == "Quota.rows ran 1 times a request, and runs 21 times now"
    assert found[PAGE].change not in {Change.SLOWER, Change.FASTER}
    assert found[PAGE].why == ()
    said = list(lines(list(found.values()), rounds=PLAN.rounds, minimum=0.05))
    assert any(line.startswith("Quota") and "slower: +" in line for line in said)
    assert is_slower(list(found.values()))


def test_the_same_version_twice_is_not_called_different() -> None:
    found = measured(Faults(takes=USUAL))
    assert {one.change for one in found.values()} <= {Change.SAME, Change.UNKNOWN}
    assert not is_slower(list(found.values()))


def test_an_error_is_not_timed() -> None:
    refusing = Faults(answers={PAGE: (503, {})})
    with (
        tiny_server(Faults()) as (left, _),
        tiny_server(refusing) as (right, _),
        pytest.raises(AnswerUnusable, match="b answers ConversationPage with HTTP 503"),
    ):
        measure(left, right, PLAN)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--a", "no-such-revision", "--b", "HEAD"), "is neither a folder nor a revision"),
        (("--a", "tests", "--b", "HEAD"), "tests has no app/server.py"),
        (("--a", "HEAD", "--b", "HEAD", "--set-a", "no value"), "is not like NAME=VALUE"),
    ],
)
def test_what_is_no_version_is_one_line(options: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(perf, ["ab", *options])
    assert result.exit_code in {2, 5}
    assert said in result.stderr.splitlines()[-1]
