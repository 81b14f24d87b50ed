"""Read the table of objectives, and translate it into selectors of our metrics."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = "guidance_operation_seconds"


@dataclass(frozen=True, slots=True)
class Objective:
    """A share `target` of the events counted by `total` must be good.

    `bad` and `total` are selectors of counters; objectives on latency have `good` instead of `bad`.
    """

    name: str
    title: str
    target: float
    total: str
    bad: str | None = None
    good: str | None = None

    @property
    def budget(self) -> float:
        """The error budget: the share of events that may be bad."""
        return round(1 - self.target, 9)


@dataclass(frozen=True, slots=True)
class Alert:
    """Alerts when the error budget burns `burn_rate` times too fast over both windows."""

    long: str
    short: str
    burn_rate: float
    severity: str
    minimum_requests: int


@dataclass(frozen=True, slots=True)
class Signal:
    """Alerts when `expression` is beyond a threshold for the duration `lasting`.

    The threshold is either `above` or `below`.
    """

    name: str
    title: str
    expression: str
    lasting: str
    severity: str
    above: float | None = None
    below: float | None = None

    def __post_init__(self) -> None:
        """Raise `ValueError` unless there is exactly one threshold."""
        if (self.above is None) == (self.below is None):
            raise ValueError(f"the signal {self.name} has no mark, or two: `above` or `below`")

    @property
    def condition(self) -> str:
        """The alert's condition in PromQL."""
        if self.above is not None:
            return f"({self.expression}) > {self.above:g}"
        return f"({self.expression}) < {self.below:g}"


@dataclass(frozen=True, slots=True)
class Table:
    """All objectives of a service, and its alerts.

    `signals` are about conditions that break no objective yet. `runbooks` is the URL of a page with
    a heading for each alert.
    """

    service: str
    window_days: int
    runbooks: str
    objectives: Sequence[Objective]
    alerts: Sequence[Alert]
    signals: Sequence[Signal] = ()

    @property
    def windows(self) -> list[str]:
        """The distinct windows of all alerts."""
        return list(dict.fromkeys(w for alert in self.alerts for w in (alert.short, alert.long)))


def read_table(path: Path) -> Table:
    """Read the table; an objective with `seconds` is about the latency of all queries."""
    table = tomllib.loads(path.read_text())
    return Table(
        service=table["service"],
        window_days=table["window_days"],
        runbooks=table["runbooks"],
        objectives=[_objective(name, one) for name, one in table["objectives"].items()],
        alerts=[Alert(**one) for one in table["alerts"]],
        signals=[Signal(**one) for one in table.get("signals", ())],
    )


# Any: TOML.
def _objective(name: str, table: dict[str, Any]) -> Objective:
    if "seconds" not in table:
        return Objective(name, **table)
    reads = 'kind="query"'
    return Objective(
        name,
        table["title"],
        table["target"],
        total=f"{SECONDS}_count{{{reads}}}",
        good=f'{SECONDS}_bucket{{le="{table["seconds"]}",{reads}}}',
    )
