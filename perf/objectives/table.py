"""The table of objectives, and what it means in terms of what /metrics has."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import OperationDefinitionNode, OperationType, parse

from gql.operations.budgets import trusted_documents

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
    """Somebody is called when `expression` has been more than `above` for so long."""

    name: str
    title: str
    expression: str
    above: float
    lasting: str
    severity: str


@dataclass(frozen=True, slots=True)
class Table:
    """Everything that is promised of a service, and when somebody is called.

    `signals` are about what is no broken promise: refusals on purpose, and what is done without.
    """

    service: str
    window_days: int
    objectives: Sequence[Objective]
    alerts: Sequence[Alert]
    signals: Sequence[Signal] = ()

    @property
    def windows(self) -> list[str]:
        """The windows that the alerts look at, each once."""
        return list(dict.fromkeys(w for alert in self.alerts for w in (alert.short, alert.long)))


def read_table(path: Path) -> Table:
    """Read a table of objectives; one on latency is about the reads among our own documents."""
    table = tomllib.loads(path.read_text())
    return Table(
        service=table["service"],
        window_days=table["window_days"],
        objectives=[_objective(name, one) for name, one in table["objectives"].items()],
        alerts=[Alert(**one) for one in table["alerts"]],
        signals=[Signal(**one) for one in table.get("signals", ())],
    )


# Any: TOML.
def _objective(name: str, table: dict[str, Any]) -> Objective:
    if "seconds" not in table:
        return Objective(name, **table)
    reads = f'operation=~"{"|".join(_reads())}"'
    return Objective(
        name,
        table["title"],
        table["target"],
        total=f"{SECONDS}_count{{{reads}}}",
        good=f'{SECONDS}_bucket{{le="{table["seconds"]}",{reads}}}',
    )


def _reads() -> list[str]:
    return [
        name for name, document in sorted(trusted_documents().items()) if _is_read(document.text)
    ]


def _is_read(text: str) -> bool:
    return any(
        isinstance(one, OperationDefinitionNode) and one.operation is OperationType.QUERY
        for one in parse(text).definitions
    )
