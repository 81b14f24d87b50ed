"""Prometheus' rules: what share of the events is bad, and the alerts on it.

Multi-window, multi-burn-rate alerts of the SRE workbook, chapter 5.
"""

from perf.objectives.table import Alert, Objective, Table
from perf.objectives.yaml import Yaml

BAD, EVENTS = "guidance:objective_bad:ratio_rate", "guidance:objective_events:increase"


def rules(table: Table) -> dict[str, Yaml]:
    """The file of rules: recorded ratios of each objective first, then its alerts."""
    groups: list[Yaml] = []
    for objective in table.objectives:
        recorded = [_ratio(objective, window) for window in table.windows]
        counted = [_events(objective, alert.long) for alert in table.alerts]
        alerts = [alert_rule(objective, alert) for alert in table.alerts]
        groups.append(
            {"name": f"objective-{objective.name}", "rules": [*recorded, *counted, *alerts]}
        )
    return {"groups": groups}


def bad_ratio(objective: Objective, window: str) -> str:
    """The share of bad events over the window; nothing where there was none at all."""
    total = f"sum(rate({objective.total}[{window}]))"
    if objective.good is not None:
        return f"1 - sum(rate({objective.good}[{window}])) / {total}"
    # A counter that was never counted up is not there.
    return f"(sum(rate({objective.bad}[{window}])) or vector(0)) / {total}"


def alert_rule(objective: Objective, alert: Alert) -> dict[str, Yaml]:
    """The alert of one pair of windows."""
    share = float(f"{alert.burn_rate * objective.budget:.6g}")
    labels = f'{{objective="{objective.name}"}}'
    spoken = "".join(part.capitalize() for part in objective.name.split("-"))
    return {
        "alert": f"Guidance{spoken}Burn{alert.long}",
        "expr": f"{BAD}{alert.long}{labels} > {share}"
        f" and {BAD}{alert.short}{labels} > {share}"
        f" and {EVENTS}{alert.long}{labels} >= {alert.minimum_requests}",
        "labels": {"severity": alert.severity, "objective": objective.name},
        "annotations": {
            "summary": f"{objective.title}: more than {share:.2%} are not, over {alert.long} and"
            f" {alert.short}",
            "description": f"The error budget of {objective.budget:.2%} is burning"
            f" {alert.burn_rate} times too fast. docs/observability.md says where to look.",
        },
    }


def _ratio(objective: Objective, window: str) -> dict[str, Yaml]:
    return {
        "record": f"{BAD}{window}",
        "expr": bad_ratio(objective, window),
        "labels": {"objective": objective.name},
    }


def _events(objective: Objective, window: str) -> dict[str, Yaml]:
    return {
        "record": f"{EVENTS}{window}",
        "expr": f"sum(increase({objective.total}[{window}]))",
        "labels": {"objective": objective.name},
    }
