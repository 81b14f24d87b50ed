"""The signals, evaluated by Prometheus on series on either side of their marks."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from perf.objectives.rules import signal_rule
from tests.perf.objectives.promtool import TABLE, Test, check_all, expecting

pytestmark = pytest.mark.heavy

JOB = 'guidance_job_{}{{background_job="{}"}}'
SUCCESS, INTERVAL = "last_success_timestamp_seconds", "interval_seconds"
WEBHOOK = 'guidance_webhook_events_total{{outcome="{}"}}'


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


def test_each_signal_calls_somebody_beyond_its_mark_and_not_before(tmp_path: Path) -> None:
    check_all(tmp_path, {one.name: (_cases_of(one), 1) for one in TABLE.signals})


def _cases_of(signal: Any) -> list[Test]:
    rule = signal_rule(TABLE, signal)
    return [
        expecting(rule | labelled(rule, series), series, minutes, is_firing=is_firing)
        for series, minutes, is_firing in SIGNALS[signal.name]
    ]
