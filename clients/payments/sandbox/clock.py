"""The sandbox's clock, which can be moved forward for all processes that share its file."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SandboxClock:
    """The time, moved by the seconds that the file says; it is not moved while there is no file."""

    path: Path
    clock: Callable[[], datetime] = _now

    def __call__(self) -> datetime:
        """The moved time."""
        return self.clock() + self._moved_by()

    def advance(self, by: timedelta) -> datetime:
        """Move the clock forward, and return its time; one process at a time may do this."""
        if by < timedelta():
            raise ValueError("time goes forward only")
        seconds = (self._moved_by() + by).total_seconds()
        new = self.path.with_suffix(".new")
        new.write_text(f"{seconds}\n", encoding="ascii")
        new.replace(self.path)
        return self()

    def _moved_by(self) -> timedelta:
        try:
            return timedelta(seconds=float(self.path.read_text(encoding="ascii")))
        except FileNotFoundError:
            return timedelta()
