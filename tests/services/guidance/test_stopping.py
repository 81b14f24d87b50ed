"""Replies that are stopped, by whom they belong to or with their conversation."""

import pytest

from services.mutations.refusals import NotFound
from streams import Delta
from tests.fixtures.stores.world import ADA, GRACE, LONG_CONVERSATION
from tests.services.guidance.chat_instances import instance, recover, until
from tests.services.guidance.exchanges import collected, ledger_of, send, used, written


@pytest.mark.parametrize("is_elsewhere", [False, True])
async def test_a_stopped_reply_keeps_what_had_arrived(
    own_world: str, *, is_elsewhere: bool
) -> None:
    async with instance(own_world) as parts, instance(own_world) as others:
        exchange = await send(parts)
        parts.model.say("Good ")
        await written(parts, exchange, "Good ")
        await (others if is_elsewhere else parts).guidance.stop(ADA, exchange.reply_id)
        deltas, ended = await collected(parts, exchange)
        assert (ended["status"], ended["content"]) == ("stopped", "Good ")
        assert [delta.text for delta in deltas] == ["Good "]
        assert parts.model.cancelled == 1
        assert await ledger_of(parts, exchange) == [("reserve", 1), ("settle", 0)]
        await parts.guidance.stop(ADA, exchange.reply_id)
        assert await ledger_of(parts, exchange) == [("reserve", 1), ("settle", 0)]


async def test_a_reply_stopped_before_its_first_piece_costs_nothing(own_world: str) -> None:
    async with instance(own_world) as parts:
        exchange = await send(parts)
        await parts.guidance.stop(ADA, exchange.reply_id)
        _, ended = await collected(parts, exchange)
        assert (ended["status"], ended["content"]) == ("stopped", "")
        assert await ledger_of(parts, exchange) == [("reserve", 1), ("release", -1)]
        assert await used(parts, ADA) == 3


async def test_nobody_stops_the_reply_of_another(own_world: str) -> None:
    async with instance(own_world) as parts:
        exchange = await send(parts)
        for user, message in ((GRACE, exchange.reply_id), (ADA, exchange.message_id)):
            with pytest.raises(NotFound):
                await parts.guidance.stop(user, message)
        parts.model.end("Hello!")
        assert (await collected(parts, exchange))[1]["status"] == "complete"


async def test_who_deletes_the_conversation_gives_the_reply_up(own_world: str) -> None:
    async with instance(own_world) as parts:
        exchange = await send(parts)
        parts.model.say("Good ")
        await written(parts, exchange, "Good ")
        following = parts.guidance.follow(ADA, exchange.reply_id, after=0)
        assert await anext(following) == Delta(1, "Good ")
        await parts.conversations.delete(ADA, LONG_CONVERSATION)
        await until(lambda: parts.model.cancelled == 1)
        with pytest.raises(NotFound):
            await anext(following)
        assert await ledger_of(parts, exchange) == [("reserve", 1), ("release", -1)]
        assert await used(parts, ADA) == 3
        assert await parts.value("SELECT count(*) FROM reply_generations") == 0


async def test_a_silent_process_that_was_to_stop_leaves_a_stopped_reply(
    own_world: str,
) -> None:
    async with instance(own_world) as parts:
        exchange = await send(parts)
        parts.model.say("Good ")
        await written(parts, exchange, "Good ")
        await parts.rows(
            "UPDATE reply_generations SET lease_expires_at = '-infinity', "
            "owner = gen_random_uuid(), stop_requested_at = now()"
        )
        assert await recover(parts) == 1
        _, ended = await collected(parts, exchange)
        assert (ended["status"], ended["content"]) == ("stopped", "Good ")
        assert await ledger_of(parts, exchange) == [("reserve", 1), ("settle", 0)]
