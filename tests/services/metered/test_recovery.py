"""Replies whose caller has left, or whose process is gone: each is ended once, by whoever lives."""

import asyncio

import asyncpg

from db.reply_key import ReplyKey
from services.metered.reply_store import MeteredReplyStore
from tests.services.guidance.chat_instances import ScriptedModel, until
from tests.services.metered.metered_instances import instance, recover


async def test_who_leaves_does_not_end_the_reply(own_world: str) -> None:
    model = ScriptedModel()
    async with instance(own_world, model) as parts:
        asking = asyncio.create_task(parts.generate())
        await until(lambda: model.prompts)
        asking.cancel()
        model.end("Done.")
        assert (await parts.generate())["content"] == "Done."
        assert (len(model.prompts), model.cancelled) == (1, 0)
        assert await parts.used() == 8


async def test_what_is_being_written_when_the_process_ends_is_asked_elsewhere(
    own_world: str,
) -> None:
    model, model_of_others = ScriptedModel(), ScriptedModel()
    async with instance(own_world, model_of_others) as others:
        async with instance(own_world, model) as parts:
            asking = asyncio.create_task(parts.generate())
            await until(lambda: model.prompts)
            model.say("Half ")
            asking.cancel()
        assert model.cancelled == 1
        await until(lambda: model_of_others.prompts == model.prompts)
        model_of_others.end("Done.")
        reply = await others.generate()
        assert (reply["content"], reply["attempts"]) == ("Done.", 2)
        assert (await others.used(), await others.running()) == (8, 0)
        assert await others.value("SELECT count(question) FROM enterprise_generations") == 0


async def test_the_key_of_a_call_that_was_killed_gives_the_reply(own_world: str) -> None:
    model, model_of_others = ScriptedModel(), ScriptedModel()
    async with instance(own_world, model) as parts:
        asking = asyncio.create_task(parts.generate())
        await until(lambda: model.prompts)
        await parts.rows("UPDATE enterprise_generations SET lease_expires_at = '-infinity'")
        async with instance(own_world, model_of_others) as others:
            assert await recover(others) == 1
            answering = asyncio.create_task(others.generate())
            await until(lambda: model_of_others.prompts)
            model.end("Too late.")
            model_of_others.end("Done.")
            for reply in await asyncio.gather(answering, asking):
                assert (reply["content"], reply["attempts"]) == ("Done.", 2)
            assert await others.used() == 8


async def test_a_process_that_is_gone_is_ended_once_by_any_number_of_others(own_world: str) -> None:
    model = ScriptedModel()
    async with (
        instance(own_world, model) as parts,
        instance(own_world, model) as one,
        instance(own_world, model) as other,
    ):
        asking = [asyncio.create_task(parts.generate(f"{number}")) for number in range(5)]
        await until(lambda: len(model.prompts) == 5)
        assert await one.used() == 12
        assert await recover(one) == 0
        await parts.rows(
            "UPDATE enterprise_generations SET lease_expires_at = 'epoch', times_abandoned = 2"
        )
        counts = await asyncio.gather(*(recover(at) for at in (one, other) * 3))
        assert sum(counts) == 5
        assert await one.used() == 7
        # The process lives after all, and what it says counts no more.
        for _ in range(5):
            model.end("Too late.")
        for reply in await asyncio.gather(*asking):
            assert (reply["failure_reason"], reply["content"]) == ("interrupted", None)
        assert await one.used() == 7


async def test_a_process_that_lives_keeps_its_replies(own_world: str) -> None:
    model = ScriptedModel()
    async with instance(own_world, model, lease_seconds=0.3) as parts:
        begun = "SELECT lease_expires_at FROM enterprise_generations"
        asking = asyncio.create_task(parts.generate())
        await until(lambda: model.prompts)
        first = await parts.value(begun)

        async def is_renewed() -> bool:
            return bool(await parts.value(begun) > first)

        await until(is_renewed)
        model.end("Done.")
        assert (await asking)["content"] == "Done."


async def test_a_reply_that_somebody_has_locked_holds_up_no_other(own_world: str) -> None:
    model = ScriptedModel()
    async with instance(own_world, model) as parts:
        asking = [asyncio.create_task(parts.generate(f"{number}")) for number in range(2)]
        await until(lambda: len(model.prompts) == 2)
        keys = [
            ReplyKey(*row)
            for row in await parts.rows(
                "SELECT enterprise_account_id, id FROM enterprise_generations"
            )
        ]
        locking = await asyncpg.connect(own_world)
        try:
            await locking.execute("BEGIN")
            await locking.fetch(
                "SELECT FROM enterprise_generations WHERE id = $1 FOR UPDATE", keys[0].reply_id
            )
            async with parts.database.read_primary() as connection:
                renewed = await MeteredReplyStore.leases.renew(
                    connection, parts.jobs.owner, keys, 30
                )
            assert renewed == {keys[1].reply_id}
        finally:
            await locking.close()
        for _ in asking:
            model.end("Done.")
        await asyncio.gather(*asking)


async def test_a_reply_that_nobody_writes_is_ended_while_its_process_writes_others(
    own_world: str,
) -> None:
    model = ScriptedModel()
    async with (
        instance(own_world, model) as others,
        instance(own_world, model, lease_seconds=1.5) as parts,
    ):
        lost = asyncio.create_task(others.generate("lost"))
        await until(lambda: model.prompts)
        # As when a commit of `parts` succeeded unnoticed: it is recorded, and nobody writes it.
        await parts.rows(
            "UPDATE enterprise_generations SET owner = $1, times_abandoned = 2, "
            "lease_expires_at = clock_timestamp() + interval '0.2 s'",
            parts.jobs.owner,
        )
        written = asyncio.create_task(parts.generate("written"))
        await until(lambda: len(model.prompts) == 2)

        async def is_ended() -> bool:
            return await recover(parts) == 1

        await until(is_ended)
        assert await parts.used() == 8
        model.end("Too late.")
        assert (await lost)["failure_reason"] == "interrupted"
        model.end("Done.")
        assert (await written)["content"] == "Done."
