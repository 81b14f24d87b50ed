"""A clock that tests move, and an instance of billing that goes by it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.services.billing.billing_instances import Instance, instance

BEGAN = datetime(2026, 1, 31, 12, tzinfo=UTC)
ENDS = datetime(2026, 2, 28, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass
class MovedClock:
    """Says what it was set to."""

    now: datetime = BEGAN

    def __call__(self) -> datetime:
        return self.now

    def set(self, now: datetime) -> None:
        """Move it."""
        self.now = now


@asynccontextmanager
async def paid_instance(url: str, clock: MovedClock) -> AsyncIterator[Instance]:
    """An instance in which Alan pays for the basic plan on January 31."""
    async with instance(url, clock=clock) as parts:
        await parts.checkout("paid")
        yield parts
