"""The table of objectives, and what it means in terms of what /metrics has."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = "guidance_operation_seconds"


@dataclass(frozen=True, slots=True)
class Objective:
    """A promise: of the events that `total` counts, the share `target` is good.

    `bad` and `total` are selectors of counters; of an objective on latency `good` is given instead.
    """

    name: str
    title: str
    target: float
    total: str
    bad: str | None = None
    good: str | None = None

    @property
    def budget(self) -> float:
        """The share that may be bad."""
        return round(1 - self.target, 9)


@dataclass(frozen=True, slots=True)
class Alert:
    """Somebody is called when the budget burns `burn_rate` times too fast over both windows."""

    long: str
    short: str
    burn_rate: float
    severity: str
    minimum_requests: int


@dataclass(frozen=True, slots=True)
class Signal:
    """Somebody is called when `expression` has been beyond a mark for so long.

    The mark is `above` or `below`, of which one is given.
    """

    name: str
    title: str
    expression: str
    lasting: str
    severity: str
    above: float | None = None
    below: float | None = None

    def __post_init__(self) -> None:
        """Raise `ValueError` unless there is one mark."""
        if (self.above is None) == (self.below is None):
            raise ValueError(f"the signal {self.name} has no mark, or two: `above` or `below`")

    @property
    def condition(self) -> str:
        """When somebody is called, in Prometheus' language."""
        if self.above is not None:
            return f"({self.expression}) > {self.above:g}"
        return f"({self.expression}) < {self.below:g}"


@dataclass(frozen=True, slots=True)
class Table:
    """Everything that is promised of a service, and when somebody is called.

    `signals` are about what breaks no promise by itself, and will. `runbooks` is the address of the
    page with a heading for each alert.
    """

    service: str
    window_days: int
    runbooks: str
    objectives: Sequence[Objective]
    alerts: Sequence[Alert]
    signals: Sequence[Signal] = ()

    @property
    def windows(self) -> list[str]:
        """The windows that the alerts look at, each once."""
        return list(dict.fromkeys(w for alert in self.alerts for w in (alert.short, alert.long)))


def read_table(path: Path) -> Table:
    """Read a table of objectives; one with `seconds` is about all queries."""
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
