"""How busy the machine was during a run, and how much of it was stolen by other guests."""

from dataclasses import dataclass
from pathlib import Path

from perf.load.results.report import MachineLoad

_STAT, _LOAD = Path("/proc/stat"), Path("/proc/loadavg")
_IDLE, _WAITING, _STOLEN, _GUESTS = 3, 4, 7, 8


@dataclass(frozen=True, slots=True)
class Ticks:
    """Processor time of all cores since boot, in kernel ticks."""

    total: int
    idle: int
    stolen: int


def ticks_now() -> Ticks | None:
    """The present counters; None if the system has no /proc/stat."""
    if not _STAT.exists():
        return None
    first, _, _ = _STAT.read_text().partition("\n")
    numbers = [int(one) for one in first.split()[1:]]
    # Guest time is already part of user time.
    return Ticks(sum(numbers[:_GUESTS]), numbers[_IDLE] + numbers[_WAITING], numbers[_STOLEN])


def machine_load_between(before: Ticks | None, after: Ticks | None) -> MachineLoad | None:
    """The busy and the stolen share of processor time between two readings."""
    if before is None or after is None or after.total <= before.total:
        return None
    total = after.total - before.total
    return MachineLoad(
        busy_share=1 - (after.idle - before.idle) / total,
        stolen_share=(after.stolen - before.stolen) / total,
        load=float(_LOAD.read_text().split()[0]) if _LOAD.exists() else 0.0,
    )
