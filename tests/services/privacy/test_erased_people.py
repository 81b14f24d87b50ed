"""Who is being erased: signed out everywhere, and nobody goes on believing otherwise."""

import asyncio
from pathlib import Path

import pytest

from services.callers.people import KnownPeople, PersonUnknown
from tests.fixtures.stores.world import ADA, EDITH
from tests.services.guidance import chat_instances as chat
from tests.services.privacy.erasures import prepare, send
from tests.services.privacy.privacy_instances import (
    LATER,
    Crash,
    CrashAt,
    Instance,
    instance,
)


async def test_who_is_being_erased_is_signed_out_and_changes_nothing(
    own_world: str, tmp_path: Path
) -> None:
    await prepare(own_world, tmp_path)
    async with instance(own_world, tmp_path, clock=lambda: LATER, observe=CrashAt(8)) as dying:
        with pytest.raises(Crash):
            await dying.erase()
    async with instance(own_world, tmp_path) as parts, chat.instance(own_world) as talk:
        assert await parts.value("SELECT count(*) FROM chat_messages") == 163
        assert not await KnownPeople(parts.database).has(ADA)
        for act in (
            parts.service.request_export(ADA, idempotency_key="k", request_id="r"),
            talk.conversations.start(ADA, title="T", idempotency_key="k"),
            send(talk, ADA),
        ):
            with pytest.raises(PersonUnknown):
                await act


async def begin_erasure(parts: Instance, user_id: int) -> None:
    await parts.rows("UPDATE users SET erasure_began_at = now() WHERE id = $1", user_id)
    await parts.rows(
        "INSERT INTO user_privacy_requests (user_id, request_kind, status, requested_at) "
        "VALUES ($1, 'delete', 'processing', now())",
        user_id,
    )


async def test_a_person_who_is_there_is_looked_up_once(own_world: str, tmp_path: Path) -> None:
    requested: list[str] = []
    seconds = [100.0]

    async with instance(own_world, tmp_path, observe=lambda one: requested.append(one[0])) as parts:
        people = KnownPeople(parts.database, remembered_seconds=2, seconds=lambda: seconds[0])
        assert await asyncio.gather(*(people.has(ADA) for _ in range(3))) == [True] * 3
        assert requested[0] == "users.under_erasure"
        assert set(requested[1:]) == {"users.is_there"}
        requested.clear()
        seconds[0] += 0.9
        assert await people.has(ADA)
        assert requested == []
        for _ in range(5):
            seconds[0] += 1
            assert await asyncio.gather(*(people.has(ADA) for _ in range(3))) == [True] * 3
        assert requested == ["users.under_erasure"] * 5


async def test_who_is_being_erased_is_not_believed_to_be_there(
    own_world: str, tmp_path: Path
) -> None:
    seconds = [100.0]

    async with instance(own_world, tmp_path) as parts:
        people = KnownPeople(parts.database, remembered_seconds=2, seconds=lambda: seconds[0])
        assert await people.has(ADA)
        assert await people.has(EDITH)
        await begin_erasure(parts, ADA)
        seconds[0] += 1
        assert [await people.has(ADA) for _ in range(2)] == [False] * 2
        assert await people.has(EDITH)
        await begin_erasure(parts, EDITH)
        assert await people.has(EDITH), "until it looks again"
        await people.forget([EDITH])
        assert not await people.has(EDITH)


async def test_who_has_not_looked_for_long_believes_nothing(own_world: str, tmp_path: Path) -> None:
    seconds = [100.0]

    async with instance(own_world, tmp_path) as parts:
        people = KnownPeople(parts.database, remembered_seconds=2, seconds=lambda: seconds[0])
        assert await people.has(ADA)
        await parts.rows("UPDATE users SET erasure_began_at = now() WHERE id = $1", ADA)
        seconds[0] += 2
        assert not await people.has(ADA), "an erasure may be over since"
