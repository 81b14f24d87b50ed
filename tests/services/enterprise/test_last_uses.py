"""When keys were last used: written at most once a minute, and not lost."""

from datetime import datetime, timedelta

from db.request_scope import RequestScope
from services.enterprise.last_uses import LastUseRecorder
from tests.fixtures.stores.world import GRACES_COMPANY, NOW
from tests.services.enterprise.enterprise_instances import Instance, instance

MINUTE = timedelta(minutes=1)


async def last_use(parts: Instance, text: str) -> datetime | None:
    instant: datetime | None = await parts.value(
        "SELECT last_used_at FROM enterprise_credentials WHERE key_id = $1", text[3:19]
    )
    return instant


async def test_a_use_is_stored_behind_the_request_and_again_after_a_minute(own_world: str) -> None:
    now = NOW
    async with instance(own_world, clock=lambda: now) as parts:
        text = await parts.enterprise.issue_key(GRACES_COMPANY)
        with RequestScope() as work:
            await parts.enterprise.authenticate(text)
        assert work.statements == ["credentials.by_key"]
        assert await last_use(parts, text) is None
        await parts.uses.buffer.flush()
        assert await last_use(parts, text) == NOW
        now = NOW + MINUTE - timedelta(microseconds=1)
        await parts.enterprise.authenticate(text)
        await parts.uses.buffer.flush()
        assert await last_use(parts, text) == NOW
        now = NOW + MINUTE
        await parts.enterprise.authenticate(text)
        await parts.uses.buffer.flush()
        assert await last_use(parts, text) == NOW + MINUTE


async def test_of_two_instances_one_writes_in_a_minute(own_world: str) -> None:
    async with (
        instance(own_world) as one,
        instance(own_world, clock=lambda: NOW + MINUTE / 2) as other,
    ):
        text = await one.enterprise.issue_key(GRACES_COMPANY)
        for parts in (one, other):
            assert await parts.enterprise.authenticate(text) is not None
        for parts in (one, other):
            await parts.uses.buffer.flush()
        assert await last_use(one, text) == NOW


async def test_what_is_buffered_is_stored_when_the_process_ends(own_world: str) -> None:
    async with instance(own_world) as watching:
        async with instance(own_world) as parts:
            text = await parts.enterprise.issue_key(GRACES_COMPANY)
            await parts.enterprise.authenticate(text)
        assert await last_use(watching, text) == NOW


async def test_nothing_used_is_nothing_stored(own_world: str) -> None:
    async with instance(own_world) as parts:
        with RequestScope() as work:
            await LastUseRecorder(parts.database).buffer.flush()
        assert work.statements == []
