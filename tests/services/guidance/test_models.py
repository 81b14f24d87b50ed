"""Replies that one model begins and another ends: what is stored of who wrote what, and when."""

from clients.llm import FailureReason, GenerationFailed
from services.generation.models.catalogue import ChatModel
from services.guidance.records import Exchange
from tests.fixtures.stores.world import ADA
from tests.services.generation.database_outages import outage
from tests.services.guidance.chat_instances import Instance, ScriptedModel, instance, recover, until
from tests.services.guidance.exchanges import collected, ledger_of, send, written
from tests.services.guidance.test_handover import EXPIRE, SPENT

PARTS = "SELECT model, start_offset, completion_tokens FROM generation_parts ORDER BY part_number"
CUT = GenerationFailed(FailureReason.INTERRUPTED)
HANDSHAKE = "Ça va 🙂 "


async def parts_of(parts: Instance) -> list[tuple[str, int, int | None]]:
    """What is stored of the parts of all replies."""
    return [tuple(row) for row in await parts.rows(PARTS)]


async def check_is_complete(parts: Instance, exchange: Exchange, text: str) -> None:
    deltas, ended = await collected(parts, exchange)
    assert (ended["status"], ended["content"]) == ("complete", text)
    assert "".join(delta.text for delta in deltas) == text
    assert await ledger_of(parts, exchange) == SPENT


async def test_after_a_kill_another_model_goes_on_where_the_first_is_gone(own_world: str) -> None:
    """The file of the process that goes on has not the model that had begun."""
    async with (
        instance(own_world, name="large") as killed,
        instance(own_world, name="small") as other,
    ):
        for one in (killed, other):
            one.jobs.end_takeovers()
        exchange = await send(killed)
        killed.model.say(HANDSHAKE)
        await written(killed, exchange, HANDSHAKE)
        assert await parts_of(killed) == []
        await killed.rows(EXPIRE, killed.jobs.owner)
        async with instance(own_world, name="small") as heir:
            assert await recover(heir) == 1
            await until(lambda: heir.model.prompts)
            assert await parts_of(heir) == [("large", 0, None), ("small", 9, None)]
            heir.model.end(HANDSHAKE, "et toi ?")
            await check_is_complete(heir, exchange, HANDSHAKE + "et toi ?")
            assert await parts_of(heir) == [("large", 0, None), ("small", 9, 22)]
            sums = "SELECT model, calls, unreported_calls FROM model_daily_usages ORDER BY 1"
            assert [tuple(row) for row in await heir.rows(sums)] == [("small", 1, 0)]


async def test_who_wrote_what_outlives_the_process_that_changed_the_model(own_world: str) -> None:
    small = ScriptedModel()
    models = [ChatModel("small", small)]
    async with instance(own_world, name="large", others=models) as killed:
        killed.jobs.end_takeovers()
        exchange = await send(killed)
        killed.model.fail(CUT, "One ")
        small.say("One ", "two ")
        await written(killed, exchange, "One two ")
        assert await parts_of(killed) == [("large", 0, None), ("small", 4, None)]
        await killed.rows(EXPIRE, killed.jobs.owner)
        async with instance(own_world, name="large") as heir:
            assert await recover(heir) == 1
            heir.model.end("two ", "three")
            await check_is_complete(heir, exchange, "One two three")
            assert await parts_of(heir) == [
                ("large", 0, None),
                ("small", 4, None),
                ("large", 8, 22),
            ]
            row = await heir.rows(
                "SELECT model, completion_tokens FROM chat_messages WHERE id = $1",
                exchange.reply_id,
            )
            assert tuple(row[0]) == ("large", 22)


async def test_the_same_model_after_a_handover_is_one_part(own_world: str) -> None:
    async with instance(own_world) as heir:
        async with instance(own_world) as parts:
            exchange = await send(parts)
            parts.model.say("Good ")
            await written(parts, exchange, "Good ")
        heir.model.end("Good ", "day")
        await check_is_complete(heir, exchange, "Good day")
        assert await parts_of(heir) == [("scripted", 0, 22)]
        sums = "SELECT calls, unreported_calls, completion_tokens FROM model_daily_usages"
        assert [tuple(row) for row in await heir.rows(sums)] == [(2, 1, 22)]


async def test_an_outage_of_the_database_is_in_no_models_way(own_world: str) -> None:
    small = ScriptedModel()
    async with instance(own_world, name="large", others=[ChatModel("small", small)]) as parts:
        exchange = await send(parts)
        parts.model.say("One ")
        await written(parts, exchange, "One ")
        async with outage(own_world):
            parts.model.fail(CUT)
            await until(lambda: small.prompts)
            small.end("One ", "two")
        await check_is_complete(parts, exchange, "One two")
        assert await parts_of(parts) == [("large", 0, None), ("small", 4, 22)]


async def test_what_was_used_is_deleted_with_the_conversation_but_not_from_the_sums(
    own_world: str,
) -> None:
    async with instance(own_world) as parts:
        exchange = await send(parts)
        parts.model.end("Hello.")
        await check_is_complete(parts, exchange, "Hello.")
        await parts.conversations.delete(ADA, exchange.conversation_id)
        assert await parts_of(parts) == []
        for table in ("model_daily_usages", "model_daily_totals"):
            counted = f"SELECT model, currency, calls, prompt_tokens FROM {table}"
            assert [tuple(row) for row in await parts.rows(counted)] == [("scripted", "", 1, 11)]
