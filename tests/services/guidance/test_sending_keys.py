"""Idempotency keys of messages: who repeats one gets what its first use gave."""

import asyncio
from typing import Any

import pytest

from services.mutations.idempotency import IdempotencyKeyReused
from services.mutations.refusals import NotFound
from tests.fixtures.stores.world import (
    ADA,
    GRACE,
    GRACES_CONVERSATION,
)
from tests.services.guidance.chat_instances import instance
from tests.services.guidance.exchanges import EVERYTHING, send, used


async def test_fifty_sends_with_one_key_are_one(own_world: str) -> None:
    async with instance(own_world) as parts, instance(own_world) as others:
        sends = [send(one) for one in (parts, others) for _ in range(25)]
        exchanges = set(await asyncio.gather(*sends))
        assert len(exchanges) == 1
        for one in (parts, others):
            one.model.end("Hello!")
        (exchange,) = exchanges
        endings = await asyncio.gather(
            *(one.guidance.wait_for_end(ADA, exchange.reply_id) for one in (parts, others))
        )
        assert [ended["content"] for ended in endings] == ["Hello!"] * 2
        assert len(parts.model.prompts) + len(others.model.prompts) == 1
        assert await used(parts, ADA) == 4
        assert await send(parts) == exchange


@pytest.mark.parametrize(
    "changes",
    [{"content": "Something else"}, {"conversation_id": 2}, {"conversation_id": None}],
)
async def test_a_key_with_other_input(own_world: str, changes: dict[str, Any]) -> None:
    async with instance(own_world) as parts:
        exchange = await send(parts)
        parts.model.end("Hello!")
        await parts.guidance.wait_for_end(ADA, exchange.reply_id)
        before = await parts.rows(EVERYTHING)
        with pytest.raises(IdempotencyKeyReused) as refused:
            await send(parts, **changes)
        assert refused.value.field == "idempotencyKey"
        assert await parts.rows(EVERYTHING) == before


async def test_a_key_belongs_to_one_person(own_world: str) -> None:
    async with instance(own_world) as parts:
        first = await send(parts)
        second = await send(parts, GRACE, conversation_id=GRACES_CONVERSATION)
        assert first.reply_id != second.reply_id


async def test_a_key_whose_conversation_was_deleted(own_world: str) -> None:
    async with instance(own_world) as parts:
        exchange = await send(parts, conversation_id=None)
        parts.model.end("Hello!")
        await parts.guidance.wait_for_end(ADA, exchange.reply_id)
        await parts.conversations.delete(ADA, exchange.conversation_id)
        with pytest.raises(NotFound):
            await send(parts, conversation_id=None)
