"""Erasures beside what else goes on: a reply that is being written, exports, second thoughts."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from services.mutations.refusals import Conflict
from services.quota.ledger import differing_days
from tests.fixtures.stores.postgres import run
from tests.fixtures.stores.world import ADA, GRACE
from tests.services.guidance import chat_instances as chat
from tests.services.privacy.archives import names_in
from tests.services.privacy.erasures import prepare, send
from tests.services.privacy.privacy_instances import (
    LATER,
    Crash,
    CrashAt,
    Instance,
    enrich,
    instance,
    until,
)


async def test_a_reply_that_is_being_generated_is_not_stored_again(
    own_world: str, tmp_path: Path
) -> None:
    await prepare(own_world, tmp_path)
    async with (
        chat.instance(own_world) as talk,
        instance(own_world, tmp_path, clock=lambda: LATER) as parts,
    ):
        exchange = await send(talk, ADA)
        talk.model.say("Good ")
        stored = "SELECT content = 'Good ' FROM chat_messages WHERE id = $1"
        await until(lambda: parts.value(stored, exchange.reply_id))
        await parts.erase()
        await until(lambda: talk.model.cancelled == 1)
        await until(lambda: exchange.reply_id not in talk.jobs.writers)
        assert await everything_of_ada(parts) == []
        async with parts.database.read() as connection:
            assert await differing_days(connection) == []


async def everything_of_ada(parts: Instance) -> list[Any]:
    return await parts.rows(
        "SELECT user_id FROM quota_ledger_entries WHERE user_id = 1 UNION ALL "
        "SELECT user_id FROM reply_generations UNION ALL "
        "SELECT id FROM chat_messages WHERE content LIKE 'Good%' UNION ALL "
        "SELECT id FROM users WHERE id = 1"
    )


async def test_an_export_that_is_being_made_is_finished_first(
    own_world: str, tmp_path: Path
) -> None:
    await enrich(own_world)
    async with instance(own_world, tmp_path, clock=lambda: LATER) as parts:
        request = await parts.ask_for_erasure(ADA)
        await parts.rows("UPDATE user_privacy_requests SET scheduled_for = '2026-02-20'")
        await parts.rows(
            "UPDATE user_privacy_requests SET status = 'processing', "
            "lease_owner = gen_random_uuid(), lease_expires_at = 'infinity' WHERE id = 5"
        )
        await parts.rows("DELETE FROM user_privacy_requests WHERE id = 10")
        assert await parts.erase() == 0
        assert (await parts.request(request))["status"] == "requested"
        await parts.rows(
            "UPDATE user_privacy_requests SET lease_expires_at = '-infinity' WHERE id = 5"
        )
        assert await parts.erase() == 1, "nobody is making it any more"
        export = await parts.request(5)
        assert (export["status"], export["error_reason"]) == ("cancelled", "superseded")


async def test_an_export_and_an_erasure_that_are_taken_at_once(
    own_world: str, tmp_path: Path
) -> None:
    """Whoever comes first: the archive is gone in the end, and so is the person."""
    request = await prepare(own_world, tmp_path)
    await run(
        own_world,
        "UPDATE user_privacy_requests SET status = 'requested', "
        "completed_at = NULL, attempts = 0 WHERE id = 5; DELETE FROM privacy_exports",
    )
    async with (
        instance(own_world, tmp_path, clock=lambda: LATER) as one,
        instance(own_world, tmp_path, clock=lambda: LATER) as other,
    ):
        await asyncio.gather(one.export(), other.erase())
        await other.erase()
        assert (await one.request(request))["status"] == "completed"
        assert (await one.request(5))["status"] in {"completed", "cancelled"}
        assert not names_in(tmp_path)


async def test_an_export_can_be_requested_while_an_erasure_waits(
    own_world: str, tmp_path: Path
) -> None:
    async with instance(own_world, tmp_path) as parts:
        export = await parts.ask_for_export(GRACE)
        await parts.export()
        assert (await parts.request(export))["status"] == "completed"
        assert (await parts.request(10))["status"] == "requested"


async def test_an_erasure_that_has_begun_is_not_taken_back(own_world: str, tmp_path: Path) -> None:
    request = await prepare(own_world, tmp_path)
    async with instance(own_world, tmp_path, clock=lambda: LATER, observe=CrashAt(8)) as dying:
        with pytest.raises(Crash):
            await dying.erase()
    async with instance(own_world, tmp_path) as parts:
        with pytest.raises(Conflict):
            await parts.service.cancel(ADA, request, request_id="r")
