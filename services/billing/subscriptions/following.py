"""Following subscriptions: everybody who follows theirs in this process is read by one statement.

A process learns at once of what it changes itself, and within a poll of what others do. So nothing
but the database has to work for a follower to be told.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

import structlog

from db.connections.errors import DatabaseUnavailable
from db.database import Database
from db.queries.billing import subscriptions
from services.billing.records import NO_SUBSCRIPTION, Subscription
from services.billing.rows import subscription_from
from services.clock import Clock

POLL_SECONDS = 2.0
_AT_ONCE = 1_000
"""How many subscriptions one statement reads."""
_log = structlog.get_logger("guidance.billing")


@dataclass(eq=False, slots=True)
class _Follower:
    user_id: int
    latest: Subscription
    has_changed: asyncio.Event = field(default_factory=asyncio.Event)


class SubscriptionFollowers:
    """Those who follow a subscription in this process; nothing runs while there is nobody."""

    def __init__(
        self, database: Database, *, clock: Clock, poll_seconds: float = POLL_SECONDS
    ) -> None:
        self._database = database
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._followers: set[_Follower] = set()
        self._has_news = asyncio.Event()
        self._polling: asyncio.Task[None] | None = None

    async def follow(self, user_id: int) -> AsyncGenerator[Subscription, None]:
        """Yield the subscription as it is, and whenever it has changed, for ever.

        Changes that come faster than they are taken are yielded as one.
        """
        follower = _Follower(user_id, NO_SUBSCRIPTION)
        self._followers.add(follower)
        try:
            follower.latest = (await self._read([user_id])).get(user_id, NO_SUBSCRIPTION)
            if self._polling is None:
                self._polling = asyncio.create_task(self._poll())
            yield follower.latest
            while True:
                await follower.has_changed.wait()
                follower.has_changed.clear()
                yield follower.latest
        finally:
            self._followers.discard(follower)
            if not self._followers:
                await self.close()

    def notice(self, user_ids: Sequence[int]) -> None:
        """Look at once, because this process has changed subscriptions."""
        if any(follower.user_id in user_ids for follower in self._followers):
            self._has_news.set()

    async def close(self) -> None:
        """Stop looking."""
        polling, self._polling = self._polling, None
        if polling is not None:
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)

    async def _poll(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._poll_seconds):
                    await self._has_news.wait()
            except TimeoutError:
                pass
            self._has_news.clear()
            try:
                await self._look()
            except DatabaseUnavailable:
                continue
            except Exception:  # noqa: BLE001 - the next look may succeed
                _log.exception("subscriptions are not followed, and will be looked at again")

    async def _look(self) -> None:
        followed = list({follower.user_id for follower in self._followers})
        for start in range(0, len(followed), _AT_ONCE):
            chunk = followed[start : start + _AT_ONCE]
            found = await self._read(chunk)
            for follower in [one for one in self._followers if one.user_id in set(chunk)]:
                now = found.get(follower.user_id, NO_SUBSCRIPTION)
                if now != follower.latest:
                    follower.latest = now
                    follower.has_changed.set()

    async def _read(self, user_ids: Sequence[int]) -> dict[int, Subscription]:
        """The subscriptions of those who have one, from the primary."""
        async with self._database.read_primary() as connection:
            rows = await subscriptions.current_subscription_by_user(connection, user_ids)
        now = self._clock()
        return {row["user_id"]: subscription_from(row, now) for row in rows}
