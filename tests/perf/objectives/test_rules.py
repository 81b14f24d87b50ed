"""The alert rules, as Prometheus itself evaluates them, on series just this and that side."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from perf.objectives.rules import alert_rule, rules, signal_rule
from perf.objectives.table import read_table
from perf.objectives.yaml import to_yaml
from tests.fixtures.tools import tool

pytestmark = pytest.mark.heavy

OPS = Path(__file__).parents[3] / "ops"
TABLE = read_table(OPS / "objectives.toml")
MINUTES = {"1h": 60, "6h": 360, "3d": 4_320}
STEP = {"1h": 1, "6h": 5, "3d": 60}
"""Minutes between samples: few enough of them in the longest window, enough in its short one."""
AVAILABILITY, P95, P99, AGREED_P95, AGREED_P99 = TABLE.objectives
HOUR, SIX_HOURS, THREE_DAYS = TABLE.alerts
GROUPS: Any = rules(TABLE)["groups"]
"""As in the committed file, of which another test says that it is current."""
ALERTS = [(one, alert) for one in TABLE.objectives for alert in TABLE.alerts]

# Any: YAML.
Test = dict[str, Any]


# Any: YAML.
def names(group: Mapping[str, Any]) -> set[str]:
    """The alerts of a group."""
    return {rule["alert"] for rule in group["rules"] if "alert" in rule}


def check(tmp_path: Path, tests: Sequence[Test], step: int = 1) -> None:
    """Let promtool test the rules, evaluated every `step` minutes.

    Those groups alone that the tests are about: all of them take ten times as long.
    """
    path, used = tmp_path / "tests.yml", tmp_path / "rules.yml"
    alerts = {each["alertname"] for test in tests for each in test["alert_rule_test"]}
    used.write_text(to_yaml({"groups": [one for one in GROUPS if alerts & names(one)]}))
    file = {"rule_files": [str(used)], "evaluation_interval": f"{step}m"}
    path.write_text(to_yaml(file | {"tests": tests}))
    ran = subprocess.run(
        [tool("promtool"), "test", "rules", path], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


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


def beyond(number: str, each: float) -> dict[str, str]:
    """A thousand answers from sample to sample, of which some are beyond a number."""
    over = f'guidance_operation_over_budget_total{{operation="Quota",number="{number}"}}'
    answered = 'guidance_operations_total{operation="Quota",outcome="ok"}'
    return {over: f"0+{each}x60", answered: "0+1000x60"}


def labelled(rule: Mapping[str, Any], series: Mapping[str, str]) -> dict[str, Any]:
    """The rule's labels with those that its expression leaves of the series."""
    kept = {
        name: value
        for name, value in re.findall(r'(\w+)="(\w+)"', " ".join(series))
        if "by (operation, number)" in rule["expr"] and name in {"operation", "number"}
    }
    if "by (instance, pool)" in rule["expr"]:
        kept["pool"] = "primary"
    return {"labels": rule["labels"] | kept}


def fires(
    series: Mapping[str, str], minutes: int, *, objective: Any, alert: Any, is_firing: bool
) -> Test:
    """One alert, and nothing else of its name, after so many minutes."""
    rule = alert_rule(TABLE, objective, alert)
    return expecting(rule, series, minutes, step=STEP[alert.long], is_firing=is_firing)


def expecting(
    rule: Mapping[str, Any],
    series: Mapping[str, str],
    minutes: int,
    *,
    step: int = 1,
    is_firing: bool,
) -> Test:
    """As `fires`, of any rule."""
    expected = {"exp_labels": rule["labels"], "exp_annotations": rule["annotations"]}
    return {
        "interval": f"{step}m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [
            {
                "eval_time": f"{minutes}m",
                "alertname": rule["alert"],
                **({"exp_alerts": [expected]} if is_firing else {}),
            }
        ],
    }


@pytest.mark.parametrize(
    ("objective", "alert"), ALERTS, ids=[f"{one.name}-{alert.long}" for one, alert in ALERTS]
)
def test_each_alert_fires_just_over_its_share_and_not_just_under(
    tmp_path: Path, objective: Any, alert: Any
) -> None:
    share = alert.burn_rate * objective.budget
    minutes, step = MINUTES[alert.long], STEP[alert.long]
    made = counters if objective is AVAILABILITY else latencies
    check(
        tmp_path,
        [
            fires(
                made(bad, 1000 - bad, minutes // step),
                minutes,
                objective=objective,
                alert=alert,
                is_firing=is_firing,
            )
            for bad, is_firing in ((1000 * share - 0.01, False), (1000 * share + 0.01, True))
        ],
        step,
    )


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


def test_the_slow_and_the_very_slow_are_told_apart(tmp_path: Path) -> None:
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


JOB = 'guidance_job_{}{{background_job="{}"}}'
SUCCESS, INTERVAL = "last_success_timestamp_seconds", "interval_seconds"
WEBHOOK = 'guidance_webhook_events_total{{outcome="{}"}}'


def jobs(erased: str, *, exported: str = "0+60x200") -> dict[str, str]:
    """Two jobs that are done every minute, and when they were done last."""
    return {
        JOB.format(SUCCESS, "erase"): erased,
        JOB.format(INTERVAL, "erase"): "60x200",
        JOB.format(SUCCESS, "export"): exported,
        JOB.format(INTERVAL, "export"): "60x200",
    }


SIGNALS: Mapping[str, Sequence[tuple[Mapping[str, str], int, bool]]] = {
    "instance-down": [
        ({'up{job="guidance-api",instance="a"}': "1x9"}, 5, False),
        ({'up{job="guidance-api",instance="a"}': "0x9"}, 1, False),
        (
            {
                'up{job="guidance-api",instance="a"}': "0x9",
                'up{job="guidance-api",instance="b"}': "1x9",
            },
            5,
            True,
        ),
        ({'up{job="another"}': "1x9"}, 5, True),
    ],
    "overloaded": [
        ({"guidance_overload_refused_total": "0+59x20"}, 20, False),
        ({"guidance_overload_refused_total": "0+61x20"}, 5, False),
        ({"guidance_overload_refused_total": "0+61x20"}, 20, True),
    ],
    "connections-full": [
        ({'guidance_connections_refused_total{kind="too_many"}': "0+59x20"}, 20, False),
        ({'guidance_connections_refused_total{kind="too_many"}': "0+61x20"}, 20, True),
        ({'guidance_connections_refused_total{kind="idle"}': "0+1000x20"}, 20, False),
    ],
    "pool-exhausted": [
        ({'guidance_database_pool_exhausted_seconds_total{pool="primary"}': "0+29x20"}, 20, False),
        ({'guidance_database_pool_exhausted_seconds_total{pool="primary"}': "0+31x20"}, 20, True),
    ],
    "replica-away": [
        ({"guidance_database_replica_away": "0x10"}, 9, False),
        ({"guidance_database_replica_away": "1x10"}, 4, False),
        ({"guidance_database_replica_away": "1x10"}, 6, True),
    ],
    "replica-behind": [
        ({"guidance_database_replica_behind_seconds": "30x10"}, 9, False),
        ({"guidance_database_replica_behind_seconds": "31x10"}, 6, True),
    ],
    "redis-away": [
        ({'guidance_keyvalue_circuit_open{circuit="redis"}': "1x10"}, 4, False),
        ({'guidance_keyvalue_circuit_open{circuit="redis"}': "1x10"}, 6, True),
        ({'guidance_keyvalue_circuit_open{circuit="cache"}': "1x10"}, 6, False),
    ],
    "model-away": [
        ({"guidance_generation_breaker_state": "1x10"}, 9, False),
        ({"guidance_generation_breaker_state": "2x10"}, 6, True),
    ],
    "worker-silent": [
        (jobs("0+60x200"), 100, False),
        # Done last in the 80th minute, 20 minutes ago; and in the 95th, 5 minutes ago.
        (jobs("0+60x80 4800x120"), 100, True),
        (jobs("0+60x95 5700x105"), 100, False),
        # A worker that came elsewhere does it instead.
        (
            jobs("0+60x80 4800x120")
            | {
                'guidance_job_last_success_timestamp_seconds{background_job="erase",pid="2"}': (
                    "0+60x200"
                )
            },
            100,
            False,
        ),
        ({JOB.format(SUCCESS, "follow_documents"): "0+60x200"}, 100, True),
    ],
    "privacy-deadline-near": [
        ({'guidance_privacy_deadline_seconds{kind="export"}': "Inf+0x20"}, 15, False),
        ({'guidance_privacy_deadline_seconds{kind="export"}': "432001x20"}, 15, False),
        ({'guidance_privacy_deadline_seconds{kind="export"}': "431999x20"}, 15, True),
    ],
    "privacy-overdue": [
        ({'guidance_privacy_requests_overdue{kind="delete"}': "0x20"}, 15, False),
        ({'guidance_privacy_requests_overdue{kind="delete"}': "1x20"}, 15, True),
    ],
    "webhooks-fail": [
        ({WEBHOOK.format("failed"): "0x60"}, 40, False),
        ({WEBHOOK.format("failed"): "0+1x60"}, 40, True),
    ],
    "webhooks-refused": [
        ({WEBHOOK.format("refused"): "0+1x200"}, 180, True),
        ({WEBHOOK.format("refused"): "0+1x200", WEBHOOK.format("taken"): "0x200"}, 180, True),
        ({WEBHOOK.format("refused"): "0+9x200", WEBHOOK.format("taken"): "0+1x200"}, 180, False),
    ],
    "budget-exceeded": [
        (beyond("statements", 1), 40, False),
        (beyond("statements", 1.1), 40, True),
        (beyond("cost", 1.1), 40, True),
        (beyond("deadline_ms", 1.1), 40, True),
        (beyond("p95_ms", 500), 40, False),
    ],
}
"""Of each signal: series, after so many minutes, and whether somebody is called."""


@pytest.mark.parametrize("signal", TABLE.signals, ids=[one.name for one in TABLE.signals])
def test_each_signal_calls_somebody_beyond_its_mark_and_not_before(
    tmp_path: Path, signal: Any
) -> None:
    rule = signal_rule(TABLE, signal)
    check(
        tmp_path,
        [
            expecting(rule | labelled(rule, series), series, minutes, is_firing=is_firing)
            for series, minutes, is_firing in SIGNALS[signal.name]
        ],
    )
