"""The Grafana dashboard: objectives and error budgets first, then panels that explain them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from perf.objectives.rules import BAD, bad_ratio
from perf.objectives.table import SECONDS, Table

_WIDTH, _HEIGHT, _COLUMNS = 12, 8, 2
_WINDOW = "$__rate_interval"
_BY_METHOD = f"sum by (method) (rate({{}}[{_WINDOW}]))"

# Any: JSON as Grafana has it.
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Panel:
    """A time series panel: queries with their legends."""

    title: str
    unit: str
    queries: Sequence[tuple[str, str]]
    mark: float | None = None
    """The threshold at which a red line is drawn."""


def dashboard(table: Table) -> Json:
    """The dashboard for import; it asks for the Prometheus data source."""
    panels = [*_objectives(table), *_EXPLANATIONS]
    return {
        "uid": table.service,
        "title": table.service,
        "schemaVersion": 39,
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "1m",
        "templating": {
            "list": [{"name": "source", "type": "datasource", "query": "prometheus"}],
        },
        "panels": [_panel(number, panel) for number, panel in enumerate(panels)],
    }


def _objectives(table: Table) -> list[Panel]:
    shown = []
    for objective in table.objectives:
        window = f"{table.window_days}d"
        left = f"1 - ({bad_ratio(objective, window)}) / {objective.budget}"
        labels = f'{{objective="{objective.name}"}}'
        windows = [(f"{BAD}{one}{labels}", one) for one in table.windows]
        title = f"{objective.title}: {objective.target:.1%}"
        shown += [
            Panel(f"{title}; share that is not", "percentunit", windows, objective.budget),
            Panel(f"{title}; budget left of {window}", "percentunit", [(left, "left")]),
        ]
    return shown


def _quantile(share: float) -> tuple[str, str]:
    rate = f"sum by (le, operation) (rate({SECONDS}_bucket[{_WINDOW}]))"
    return f"histogram_quantile({share}, {rate})", f"{{{{operation}}}} p{share * 100:.0f}"


_METHOD = "{{method}}"
_OVER_BUDGET = "guidance_operation_over_budget_total"
_HITS = f"sum(rate(guidance_cache_hits_total[{_WINDOW}]))"
_MISSES = f"sum(rate(guidance_cache_misses_total[{_WINDOW}]))"
_EXPLANATIONS = [
    Panel(
        "Operations by outcome",
        "reqps",
        [(f"sum by (outcome) (rate(guidance_operations_total[{_WINDOW}]))", "{{outcome}}")],
    ),
    Panel("Latency by operation", "s", [_quantile(0.95), _quantile(0.99)]),
    Panel(
        "Answers beyond what is agreed, a second, by operation and number",
        "reqps",
        [
            (
                f"sum by (operation, number) (rate({_OVER_BUDGET}[{_WINDOW}])) > 0",
                "{{operation}} {{number}}",
            )
        ],
    ),
    Panel(
        "Refused on purpose, a second",
        "reqps",
        [
            (f"sum(rate(guidance_overload_refused_total[{_WINDOW}]))", "overload"),
            (
                f"sum by (caller) (rate(guidance_throttled_total[{_WINDOW}]))",
                "budget of {{caller}}",
            ),
            (
                f"sum by (kind) (rate(guidance_connections_refused_total[{_WINDOW}])) > 0",
                "connection {{kind}}",
            ),
        ],
    ),
    Panel(
        "Seconds in the database a second, the ten methods with most",
        "short",
        [(f"topk(10, {_BY_METHOD.format('guidance_statement_seconds_sum')})", _METHOD)],
    ),
    Panel(
        "Statements that wait for a connection at any time",
        "short",
        [(_BY_METHOD.format("guidance_statement_wait_seconds_total"), _METHOD)],
    ),
    Panel(
        "Connections to the database in use, and at most",
        "short",
        [
            ("sum by (pool) (guidance_database_pool_in_use)", "{{pool}} in use"),
            ("sum by (pool) (guidance_database_pool_size)", "{{pool}} at most"),
            ("sum by (pool) (guidance_database_pool_waiting)", "waiting for {{pool}}"),
        ],
    ),
    Panel(
        "How old what the replica shows is",
        "s",
        [("max(guidance_database_replica_behind_seconds)", "replica")],
    ),
    Panel(
        "Statements that failed or were cut short",
        "ops",
        [(f"{_BY_METHOD.format('guidance_statement_errors_total')} > 0", _METHOD)],
    ),
    Panel(
        "Rows read a second, the ten methods with most",
        "short",
        [(f"topk(10, {_BY_METHOD.format('guidance_statement_rows_total')})", _METHOD)],
    ),
    Panel(
        "Share of values that the cache has",
        "percentunit",
        [(f"{_HITS} / ({_HITS} + {_MISSES})", "hits")],
    ),
    Panel(
        "Retries of the model",
        "ops",
        [(f"rate(guidance_retry_backoff_total[{_WINDOW}])", "retries")],
    ),
    Panel(
        "Processes without Redis, and without the model",
        "short",
        [
            ('sum(guidance_keyvalue_circuit_open{circuit="redis"})', "without Redis"),
            ("sum(guidance_generation_breaker_state > bool 1)", "without the model"),
        ],
    ),
    Panel(
        "Since background jobs were done last",
        "s",
        [
            (
                "time() - max by (background_job) (guidance_job_last_success_timestamp_seconds)",
                "{{background_job}}",
            )
        ],
    ),
    Panel(
        "Until the law's month is over for the oldest privacy request",
        "s",
        [("min by (kind) (guidance_privacy_deadline_seconds) < +Inf", "{{kind}}")],
    ),
    Panel(
        "Events of the payment provider, a second",
        "ops",
        [(f"sum by (outcome) (rate(guidance_webhook_events_total[{_WINDOW}]))", "{{outcome}}")],
    ),
]


def _panel(number: int, panel: Panel) -> Json:
    steps: list[Json] = [{"color": "green", "value": None}]
    if panel.mark is not None:
        steps.append({"color": "red", "value": panel.mark})
    row, column = divmod(number, _COLUMNS)
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "datasource": {"type": "prometheus", "uid": "${source}"},
        "gridPos": {"h": _HEIGHT, "w": _WIDTH, "x": column * _WIDTH, "y": row * _HEIGHT},
        "fieldConfig": {
            "defaults": {
                "unit": panel.unit,
                "thresholds": {"mode": "absolute", "steps": steps},
                "custom": {"thresholdsStyle": {"mode": "line" if panel.mark else "off"}},
            },
            "overrides": [],
        },
        "targets": [
            {"refId": chr(ord("A") + index), "expr": expression, "legendFormat": legend}
            for index, (expression, legend) in enumerate(panel.queries)
        ],
    }
