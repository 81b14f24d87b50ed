"""The alerts on the objectives, evaluated by Prometheus on either side of their shares."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from perf.objectives.rules import alert_rule
from tests.perf.objectives.promtool import TABLE, Test, check, check_all, expecting

pytestmark = pytest.mark.heavy

MINUTES = {"1h": 60, "6h": 360, "3d": 4_320}
STEP = {"1h": 1, "6h": 5, "3d": 60}
"""Minutes between samples: few enough of them in the longest window, enough in its short one."""
AVAILABILITY, P95, P99, AGREED_P95, AGREED_P99 = TABLE.objectives
HOUR, SIX_HOURS, THREE_DAYS = TABLE.alerts
ALERTS = [(one, alert) for one in TABLE.objectives for alert in TABLE.alerts]


def counters(bad: float, good: float, samples: int) -> dict[str, str]:
    """Operations that fail and that do not, so many from sample to sample."""
    series = "guidance_operations_total"
    return {
        f'{series}{{operation="A",outcome="server_error"}}': f"0+{bad}x{samples}",
        f'{series}{{operation="A",outcome="ok"}}': f"0+{good}x{samples}",
    }


def latencies(slow: float, quick: float, samples: int) -> dict[str, str]:
    """Reads slower than all bounds, and quicker, so many from sample to sample."""
    series, over = "guidance_operation_seconds", "guidance_operation_over_budget_total"
    within = f"0+{quick}x{samples}"
    return {
        f'{series}_bucket{{operation="Quota",kind="query",le="0.3"}}': within,
        f'{series}_bucket{{operation="Quota",kind="query",le="0.7"}}': within,
        f'{series}_count{{operation="Quota",kind="query"}}': f"0+{quick + slow}x{samples}",
        f'{over}{{operation="Quota",number="p95_ms"}}': f"0+{slow}x{samples}",
        f'{over}{{operation="Quota",number="p99_ms"}}': f"0+{slow}x{samples}",
    }


def fires(
    series: Mapping[str, str], minutes: int, *, objective: Any, alert: Any, is_firing: bool
) -> Test:
    """One alert, and nothing else of its name, after so many minutes."""
    rule = alert_rule(TABLE, objective, alert)
    return expecting(rule, series, minutes, step=STEP[alert.long], is_firing=is_firing)


def test_each_alert_fires_just_over_its_share_and_not_just_under(tmp_path: Path) -> None:
    check_all(tmp_path, {f"{one.name}-{alert.long}": _edge_of(one, alert) for one, alert in ALERTS})


def _edge_of(objective: Any, alert: Any) -> tuple[list[Test], int]:
    """An alert on both sides of its share, and the minutes between evaluations."""
    share = alert.burn_rate * objective.budget
    minutes, step = MINUTES[alert.long], STEP[alert.long]
    made = counters if objective is AVAILABILITY else latencies
    tests = [
        fires(
            made(bad, 1000 - bad, minutes // step),
            minutes,
            objective=objective,
            alert=alert,
            is_firing=is_firing,
        )
        for bad, is_firing in ((1000 * share - 0.01, False), (1000 * share + 0.01, True))
    ]
    return tests, step


def test_few_requests_call_nobody(tmp_path: Path) -> None:
    check(
        tmp_path,
        [
            fires(
                counters(each, each, 60),
                60,
                objective=AVAILABILITY,
                alert=HOUR,
                is_firing=is_firing,
            )
            for each, is_firing in ((0.83, False), (0.84, True))
        ],
    )


def test_an_alert_ends_when_the_short_window_has_recovered(tmp_path: Path) -> None:
    failed_for_an_hour = {
        'guidance_operations_total{operation="A",outcome="server_error"}': "0+500x60 30000+0x10",
        'guidance_operations_total{operation="A",outcome="ok"}': "0+500x70",
    }
    check(
        tmp_path,
        [
            fires(
                failed_for_an_hour,
                minutes,
                objective=AVAILABILITY,
                alert=HOUR,
                is_firing=is_firing,
            )
            for minutes, is_firing in ((64, True), (66, False))
        ],
    )


def test_what_was_refused_on_purpose_and_clients_mistakes_do_not_count(tmp_path: Path) -> None:
    flood = {
        f'guidance_operations_total{{operation="A",outcome="{outcome}"}}': "0+1000000x60"
        for outcome in ("protected", "client_error")
    }
    check(
        tmp_path,
        [
            fires(
                counters(bad, 1000 - bad, 60) | flood,
                60,
                objective=AVAILABILITY,
                alert=HOUR,
                is_firing=is_firing,
            )
            for bad, is_firing in ((71.9, False), (72.1, True))
        ]
        + [fires(flood, 60, objective=AVAILABILITY, alert=HOUR, is_firing=False)],
    )


def test_writes_do_not_count_as_reads_and_reads_of_nobodys_documents_do(tmp_path: Path) -> None:
    def slow(kind: str) -> dict[str, str]:
        return {
            f'guidance_operation_seconds_{part}{{kind="{kind}"{edge}}}': series
            for part, edge, series in (("bucket", ',le="0.3"', "0x60"), ("count", "", "0+5000x60"))
        }

    check(
        tmp_path,
        [
            fires(
                latencies(0, 1000, 60) | slow(kind),
                60,
                objective=P95,
                alert=HOUR,
                is_firing=is_firing,
            )
            for kind, is_firing in (("mutation", False), ("subscription", False), ("query", True))
        ],
    )


@pytest.mark.parametrize(("objective", "number"), [(AGREED_P95, "p95_ms"), (AGREED_P99, "p99_ms")])
def test_every_published_document_counts_by_what_is_agreed_of_it_and_no_other_does(
    tmp_path: Path, objective: Any, number: str
) -> None:
    def answers(operation: str, kind: str, over: str) -> dict[str, str]:
        return {
            f'guidance_operation_seconds_count{{operation="{operation}",kind="{kind}"}}': (
                "0+1000x60"
            ),
            f'guidance_operation_over_budget_total{{operation="{operation}",number="{over}"}}': (
                "0+1000x60"
            ),
        }

    check(
        tmp_path,
        [
            fires(series, 60, objective=objective, alert=HOUR, is_firing=is_firing)
            for series, is_firing in (
                (answers("TheirOwn", "query", number), True),
                (answers("TheirChange", "mutation", number), True),
                (answers("TheirOwn", "query", "statements"), False),
                (answers("untrusted", "query", number), False),
            )
        ],
    )


def test_the_slow_and_the_very_slow_are_distinguished(tmp_path: Path) -> None:
    between = {
        'guidance_operation_seconds_bucket{kind="query",le="0.3"}': "0+200x60",
        'guidance_operation_seconds_bucket{kind="query",le="0.7"}': "0+1000x60",
        'guidance_operation_seconds_count{kind="query"}': "0+1000x60",
    }
    check(
        tmp_path,
        [
            fires(between, 60, objective=P95, alert=HOUR, is_firing=True),
            fires(between, 60, objective=P99, alert=HOUR, is_firing=False),
        ],
    )
