"""The objectives in OpenSLO v1, for tools that read it: https://openslo.com."""

from perf.objectives.table import Objective, Table
from perf.objectives.yaml import Yaml


def slo(table: Table, objective: Objective) -> dict[str, Yaml]:
    """One objective as an SLO document."""
    ratio: dict[str, Yaml] = {"counter": True}
    if objective.good is not None:
        ratio["good"] = _metric(objective.good)
    if objective.bad is not None:
        ratio["bad"] = _metric(objective.bad)
    ratio["total"] = _metric(objective.total)
    return {
        "apiVersion": "openslo/v1",
        "kind": "SLO",
        "metadata": {
            "name": f"{table.service}-{objective.name}",
            "displayName": objective.title,
        },
        "spec": {
            "service": table.service,
            "indicator": {
                "metadata": {"name": f"{table.service}-{objective.name}-share"},
                "spec": {"ratioMetric": ratio},
            },
            "timeWindow": [{"duration": f"{table.window_days}d", "isRolling": True}],
            "budgetingMethod": "Occurrences",
            "objectives": [{"displayName": objective.title, "target": objective.target}],
        },
    }


def _metric(selector: str) -> Yaml:
    return {"metricSource": {"type": "Prometheus", "spec": {"query": f"sum({selector})"}}}
