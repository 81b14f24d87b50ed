"""Following a subscription, also after a look at it has failed."""

import asyncio
from collections.abc import Sequence

import pytest

from db.connections.errors import DatabaseUnavailable
from db.database import Connection
from db.queries.billing import subscriptions
from db.row import Row
from db.states import SubscriptionStatus
from services.billing.records import NO_SUBSCRIPTION
from services.billing.subscriptions.following import SubscriptionFollowers
from tests.captured_logs import capture_logs
from tests.fixtures.stores.world import ALAN
from tests.services.billing.billing_instances import instance


@pytest.mark.parametrize(
    ("error", "logged"),
    [
        (DatabaseUnavailable("away"), []),
        (
            RuntimeError("odd"),
            [("error", "subscriptions are not followed, and will be looked at again")],
        ),
    ],
)
async def test_a_look_that_fails_is_not_the_last(
    own_world: str,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    logged: list[tuple[str, str]],
) -> None:
    read = subscriptions.current_subscription_by_user
    has_failed = asyncio.Event()

    async def fail_once(_connection: Connection, _user_ids: Sequence[int]) -> list[Row]:
        monkeypatch.setattr(subscriptions, "current_subscription_by_user", read)
        has_failed.set()
        raise error

    async with instance(own_world) as parts:
        followers = SubscriptionFollowers(parts.database, clock=parts.clock, poll_seconds=0.01)
        following = followers.follow(ALAN)
        with capture_logs() as lines:
            assert await anext(following) == NO_SUBSCRIPTION
            monkeypatch.setattr(subscriptions, "current_subscription_by_user", fail_once)
            async with asyncio.timeout(5):
                await has_failed.wait()
                await parts.checkout()
                while (await anext(following)).status is not SubscriptionStatus.ACTIVE:
                    """It may be seen while it is paid for."""
        await following.aclose()
        assert [
            (line["log_level"], line["event"]) for line in lines if "subscriptions" in line["event"]
        ] == logged
