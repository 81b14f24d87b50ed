"""Documents and values that several tests of sockets use."""

from dataclasses import dataclass
from datetime import datetime

COUNT = "subscription Count($to: Int!) { count(to: $to) { number } }"


ENDLESS = "subscription Endless($name: String!) { endless(name: $name) { number } }"


WHO = "query Who { who }"


@dataclass
class Time:
    """A clock that a test turns, or breaks."""

    now: datetime | None

    def __call__(self) -> datetime:
        if self.now is None:
            raise OSError("the clock is broken")
        return self.now
