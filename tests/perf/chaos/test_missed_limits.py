"""What counts as a missed mark, and how it is reported."""

from dataclasses import replace

import pytest

from perf.chaos.hostile import table
from perf.chaos.hostile.attack import Attack, AttackTarget, Tally
from perf.chaos.hostile.trial import AttackResult
from perf.chaos.hostile.victim import VictimResult
from perf.chaos.overload.command import OverloadResult
from perf.chaos.overload.load_loops import LoadResult

MEGABYTE = 2**20


async def nothing(_target: AttackTarget, _tally: Tally) -> None:
    """Attack nobody."""


def requested(latency: float, *, count: int = 400, failures: tuple[str, ...] = ()) -> VictimResult:
    return VictimResult((latency,) * count, failures)


WELL = AttackResult(
    attack=Attack("example", "1.4", "does nothing", nothing),
    calm=requested(0.005),
    under_attack=requested(0.05),
    answers={"200": 3, "429": 40},
    grown_bytes=MEGABYTE,
    settled_after=0.1,
    left_open=0,
)


def test_nothing_is_missed_when_all_is_well() -> None:
    assert WELL.missed == []
    assert table.row(WELL) == (
        "| example: does nothing | 1.4 | default settings | 5.0 ms | 50.0 ms | 50.0 ms | 10.0 |"
        " 1 MB | 0.1 s | 40 times 429, 3 times 200 | PASS |"
    )


@pytest.mark.parametrize(
    ("tried", "missed"),
    [
        (replace(WELL, under_attack=requested(0.15), calm=requested(0.02)), "p99 over 150 ms"),
        (replace(WELL, under_attack=requested(0.1)), "p99 20 times that in calm"),
        (
            replace(WELL, under_attack=requested(0.05, failures=("HTTP 503",))),
            "not answered: {'HTTP 503': 1}",
        ),
        (replace(WELL, grown_bytes=50 * MEGABYTE), "50 MB more"),
        (replace(WELL, settled_after=None, left_open=7), "left: 7 connections, or work"),
        (replace(WELL, under_attack=requested(0.05, count=298)), "too few requests to tell a p99"),
    ],
)
def test_each_mark_can_be_missed(tried: AttackResult, missed: str) -> None:
    assert tried.missed == [missed]
    assert table.row(tried).endswith(f"| FAIL: {missed} |")


def offered(answered: int, latency: float = 0.1) -> LoadResult:
    return LoadResult(1.0, sent=answered, answered=[latency] * answered)


def test_a_busy_machine_says_nothing_of_time() -> None:
    busy = replace(WELL, calm=requested(0.05), under_attack=requested(9.0))
    assert busy.missed == []
    assert table.row(busy).endswith("| INCONCLUSIVE: the machine is busy |")


@pytest.mark.parametrize(
    ("over", "missed"),
    [
        (offered(90), []),
        (offered(89), ["answered 89% of the peak"]),
        (offered(100, 0.301), ["p95 301 ms"]),
        (offered(100, 0.71), ["p95 710 ms", "p99 710 ms"]),
    ],
)
def test_the_marks_of_overload(over: LoadResult, missed: list[str]) -> None:
    peak = offered(100)
    assert OverloadResult(peak, over, recovered=peak).missed == missed
