"""One reply at a time in a conversation: the model never gets what nobody has been answered."""

import asyncio

import pytest

from clients.llm import FailureReason, GenerationFailed, Role
from services.guidance.records import Exchange
from services.mutations.refusals import Conflict
from streams import Delta
from tests.fixtures.stores.world import ADA, LONG_CONVERSATION
from tests.services.guidance.chat_instances import Instance, instance, until
from tests.services.guidance.exchanges import (
    EVERYTHING,
    answered,
    collected,
    ledger_of,
    send,
    used,
    written,
)


async def started(parts: Instance) -> int:
    """A conversation without a message."""
    return await parts.start()


async def test_a_second_message_waits_for_the_end_of_the_first_reply(own_world: str) -> None:
    async with instance(own_world) as parts, instance(own_world) as others:
        exchange = await send(parts)
        before = await parts.rows(EVERYTHING)
        for one in (parts, others):
            with pytest.raises(Conflict) as refused:
                await send(one, key="second", content="And then?")
            assert refused.value.field == "conversationId"
            with pytest.raises(Conflict):
                await one.guidance.regenerate(ADA, exchange.message_id, idempotency_key="again")
        assert await parts.rows(EVERYTHING) == before
        # Its own key still finds it, and it is in nobody's way elsewhere.
        assert await send(others) == exchange
        await send(others, key="elsewhere", conversation_id=None)
        await answered(parts, exchange)
        again = await send(others, key="second", content="And then?")
        assert again.conversation_id == LONG_CONVERSATION


@pytest.mark.parametrize("is_elsewhere", [False, True])
async def test_a_stop_that_was_answered_has_ended_the_reply(
    own_world: str, *, is_elsewhere: bool
) -> None:
    async with instance(own_world) as parts, instance(own_world) as others:
        place = await started(parts)
        first = await send(parts, conversation_id=place, content="One")
        parts.model.say("Half an")
        await written(parts, first, "Half an")
        await (others if is_elsewhere else parts).guidance.stop(ADA, first.reply_id)
        await send(parts, key="2", conversation_id=place, content="Two")
        await until(lambda: len(parts.model.prompts) == 2)
        assert [(one.role, one.content) for one in parts.model.prompts[1][1:]] == [
            (Role.USER, "One"),
            (Role.ASSISTANT, "Half an"),
            (Role.USER, "Two"),
        ]


async def test_a_stop_ends_a_reply_whose_process_is_gone(own_world: str) -> None:
    async with instance(own_world) as parts:
        exchange = await send(parts)
        parts.model.say("Good ")
        await written(parts, exchange, "Good ")
        following = parts.guidance.follow(ADA, exchange.reply_id, after=0)
        assert await anext(following) == Delta(1, "Good ")
        # Nobody here looks after it any more.
        await parts.rows("UPDATE reply_generations SET owner = gen_random_uuid()")
        async with instance(own_world) as others:
            await others.guidance.stop(ADA, exchange.reply_id)
            _, ended = await collected(others, exchange)
            assert (ended["status"], ended["content"]) == ("stopped", "Good ")
            assert await ledger_of(others, exchange) == [("reserve", 1), ("settle", 0)]
            await send(others, key="next")


async def test_of_many_messages_at_once_one_is_answered(own_world: str) -> None:
    async with instance(own_world) as parts, instance(own_world) as others:
        place = await started(parts)
        outcomes = await asyncio.gather(
            *(
                send(one, key=f"{number} {id(one)}", conversation_id=place)
                for one in (parts, others)
                for number in range(8)
            ),
            return_exceptions=True,
        )
        assert [type(one) for one in outcomes].count(Conflict) == 15
        (exchange,) = [one for one in outcomes if isinstance(one, Exchange)]
        assert await used(parts, ADA) == 4
        messages = "SELECT count(*) FROM chat_messages WHERE conversation_id = $1"
        assert await parts.value(messages, exchange.conversation_id) == 2


async def test_a_message_together_with_a_stop_is_refused_or_follows_it(own_world: str) -> None:
    async with instance(own_world) as parts, instance(own_world) as others:
        place = await started(parts)
        for number in range(20):
            exchange = await send(parts, key=f"{number}", conversation_id=place)
            parts.model.say("Half")
            await written(parts, exchange, "Half")
            stopped, sent = await asyncio.gather(
                parts.guidance.stop(ADA, exchange.reply_id),
                send(others, key=f"next {number}", conversation_id=place),
                return_exceptions=True,
            )
            assert stopped is None
            if isinstance(sent, Exchange):
                await others.guidance.stop(ADA, sent.reply_id)
            else:
                assert isinstance(sent, Conflict)
        for prompt in (*parts.model.prompts, *others.model.prompts):
            # A reply without text is left out.
            requested = [one.role for one in prompt if one.content != "Hello?"]
            assert requested == [Role.SYSTEM] + [Role.ASSISTANT] * (len(requested) - 1)
            assert prompt[-1].role is Role.USER


async def test_a_failed_reply_is_in_nobodys_way(own_world: str) -> None:
    async with instance(own_world) as parts:
        exchange = await send(parts)
        parts.model.fail(GenerationFailed(FailureReason.TIMEOUT), "Half")
        await parts.guidance.wait_for_end(ADA, exchange.reply_id)
        again = await parts.guidance.regenerate(ADA, exchange.reply_id, idempotency_key="again")
        await answered(parts, again)
        await send(parts, key="next")
