"""Prometheus rules: recorded ratios of bad events, and alerts.

Multi-window, multi-burn-rate alerts after chapter 5 of the SRE workbook, and simple alerts on
signals.
"""

from perf.objectives.table import Alert, Objective, Signal, Table
from perf.objectives.yaml import Yaml

BAD, EVENTS = "guidance:objective_bad:ratio_rate", "guidance:objective_events:increase"


def rules(table: Table) -> dict[str, Yaml]:
    """The rules file: the ratios and alerts of each objective, then the alerts on signals."""
    groups: list[Yaml] = []
    for objective in table.objectives:
        recorded = [_ratio(objective, window) for window in table.windows]
        counted = [_events(objective, alert.long) for alert in table.alerts]
        alerts = [alert_rule(table, objective, alert) for alert in table.alerts]
        groups.append(
            {"name": f"objective-{objective.name}", "rules": [*recorded, *counted, *alerts]}
        )
    if table.signals:
        signals = [signal_rule(table, one) for one in table.signals]
        groups.append({"name": "signals", "rules": signals})
    return {"groups": groups}


def bad_ratio(objective: Objective, window: str) -> str:
    """The share of bad events in the window; no value if there were no events."""
    total = f"sum(rate({objective.total}[{window}]))"
    if objective.good is not None:
        return f"1 - sum(rate({objective.good}[{window}])) / {total}"
    # A counter is missing until it is first incremented.
    return f"(sum(rate({objective.bad}[{window}])) or vector(0)) / {total}"


def alert_rule(table: Table, objective: Objective, alert: Alert) -> dict[str, Yaml]:
    """The alert for one pair of windows."""
    name = f"Guidance{_in_camel_case(objective.name)}Burn"
    share = float(f"{alert.burn_rate * objective.budget:.6g}")
    labels = f'{{objective="{objective.name}"}}'
    return {
        "alert": f"{name}{alert.long}",
        "expr": f"{BAD}{alert.long}{labels} > {share}"
        f" and {BAD}{alert.short}{labels} > {share}"
        f" and {EVENTS}{alert.long}{labels} >= {alert.minimum_requests}",
        "labels": {"severity": alert.severity, "objective": objective.name},
        "annotations": {
            "summary": f"{objective.title}: more than {share:.2%} are not, over {alert.long} and"
            f" {alert.short}",
            "description": f"The error budget of {objective.budget:.2%} is burning"
            f" {alert.burn_rate} times too fast.",
            "runbook_url": _runbook(table, name),
        },
    }


def signal_rule(table: Table, signal: Signal) -> dict[str, Yaml]:
    """The alert on a signal."""
    name = f"Guidance{_in_camel_case(signal.name)}"
    return {
        "alert": name,
        "expr": signal.condition,
        "for": signal.lasting,
        "labels": {"severity": signal.severity},
        "annotations": {
            "summary": signal.title,
            "description": f"For {signal.lasting}.",
            "runbook_url": _runbook(table, name),
        },
    }


def _runbook(table: Table, alert_name: str) -> str:
    return f"{table.runbooks}#{alert_name.lower()}"


def _in_camel_case(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))


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
