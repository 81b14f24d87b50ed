"""The alert rules, as Prometheus itself evaluates them, on series just this and that side."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from perf.objectives.rules import alert_rule, signal_rule
from perf.objectives.table import read_table
from perf.objectives.yaml import to_yaml
from tests.fixtures.tools import tool

OPS = Path(__file__).parents[3] / "ops"
TABLE = read_table(OPS / "objectives.toml")
MINUTES = {"1h": 60, "6h": 360, "3d": 4_320}
STEP = {"1h": 1, "6h": 5, "3d": 60}
"""Minutes between samples: few enough of them in the longest window, enough in its short one."""
AVAILABILITY, P95, P99 = TABLE.objectives
HOUR, SIX_HOURS, THREE_DAYS = TABLE.alerts
ALERTS = [(one, alert) for one in TABLE.objectives for alert in TABLE.alerts]

# Any: YAML.
Test = dict[str, Any]


def check(tmp_path: Path, tests: Sequence[Test], step: int = 1) -> None:
    """Let promtool test the committed rules, evaluated every `step` minutes."""
    path = tmp_path / "tests.yml"
    file = {"rule_files": [str(OPS / "prometheus-rules.yml")], "evaluation_interval": f"{step}m"}
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
    """Reads slower than both bounds, and quicker, so many from sample to sample."""
    series = "guidance_operation_seconds"
    within = f"0+{quick}x{samples}"
    return {
        f'{series}_bucket{{operation="Quota",le="0.3"}}': within,
        f'{series}_bucket{{operation="Quota",le="0.7"}}': within,
        f'{series}_count{{operation="Quota"}}': f"0+{quick + slow}x{samples}",
    }


def fires(
    series: Mapping[str, str], minutes: int, *, objective: Any, alert: Any, is_firing: bool
) -> Test:
    """One alert, and nothing else of its name, after so many minutes."""
    rule = alert_rule(objective, alert)
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


def test_writes_and_operations_of_others_do_not_count_as_reads(tmp_path: Path) -> None:
    slow = {
        f'guidance_operation_seconds_{part}{{operation="{name}"{edge}}}': f"0+{count}x60"
        for name in ("SendMessage", "TheirOwn")
        for part, edge, count in (("bucket", ',le="0.3"', 0), ("count", "", 1000))
    }
    test = fires(latencies(0, 1000, 60) | slow, 60, objective=P95, alert=HOUR, is_firing=False)
    check(tmp_path, [test])


def test_the_slow_and_the_very_slow_are_told_apart(tmp_path: Path) -> None:
    between = {
        'guidance_operation_seconds_bucket{operation="Quota",le="0.3"}': "0+200x60",
        'guidance_operation_seconds_bucket{operation="Quota",le="0.7"}': "0+1000x60",
        'guidance_operation_seconds_count{operation="Quota"}': "0+1000x60",
    }
    check(
        tmp_path,
        [
            fires(between, 60, objective=P95, alert=HOUR, is_firing=True),
            fires(between, 60, objective=P99, alert=HOUR, is_firing=False),
        ],
    )


def test_refusals_call_somebody_when_there_are_more_than_one_a_second_for_five_minutes(
    tmp_path: Path,
) -> None:
    overloaded, full, _ = map(signal_rule, TABLE.signals)
    overload = "guidance_overload_refused_total"
    connections = 'guidance_connections_refused_total{kind="too_many"}'
    others = 'guidance_connections_refused_total{kind="idle"}'
    check(
        tmp_path,
        [
            *(
                expecting(rule, {name: f"0+{each}x20"}, minutes, is_firing=is_firing)
                for rule, name in ((overloaded, overload), (full, connections))
                for each, minutes, is_firing in ((59, 20, False), (61, 20, True), (61, 5, False))
            ),
            expecting(full, {others: "0+1000x20"}, 20, is_firing=False),
        ],
    )


def test_one_process_that_leaves_redis_alone_for_five_minutes_calls_somebody(
    tmp_path: Path,
) -> None:
    *_, away = map(signal_rule, TABLE.signals)
    circuit = 'guidance_keyvalue_circuit_open{{circuit="{}"}}'
    check(
        tmp_path,
        [
            expecting(away, {circuit.format("redis"): "1x10"}, 4, is_firing=False),
            expecting(away, {circuit.format("redis"): "1x10"}, 6, is_firing=True),
            expecting(away, {circuit.format("cache"): "1x10"}, 6, is_firing=False),
        ],
    )
