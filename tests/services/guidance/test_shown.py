"""What is shown is stored before: nobody has read what a crash takes away."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing

import asyncpg
import pytest

from clients.llm import GenerationReport
from db.reply_key import ReplyKey
from db.row import Row
from services.generation.records import ReplyDraft
from services.guidance.progress import TIMEOUT_SECONDS, ProgressWriter
from streams import Delta
from tests.fixtures.stores.world import ADA
from tests.services.generation.database_outages import outage
from tests.services.guidance.chat_instances import Instance, instance, recover, until
from tests.services.guidance.exchanges import collected, send
from tests.streams.stream_instances import shared_streams

CONTENT = "SELECT content FROM chat_messages WHERE id = $1"


async def check_all_is_stored_when_shown(parts: Instance, reader: Instance) -> None:
    exchange = await send(parts)
    heard = ""
    async with aclosing(reader.guidance.follow(ADA, exchange.reply_id, after=0)) as events:
        for number in range(30):
            parts.model.say(f"word {number} ")
            event = await anext(events)
            assert isinstance(event, Delta)
            heard += event.text
            assert (await reader.value(CONTENT, exchange.reply_id)).startswith(heard)
        # The process dies: whoever ends the reply finds all that was heard.
        await parts.rows(
            "UPDATE reply_generations SET owner = gen_random_uuid(), "
            "lease_expires_at = '-infinity', times_abandoned = 2"
        )
        assert await recover(reader) == 1
    _, ended = await collected(reader, exchange)
    assert ended["content"].startswith(heard)


async def test_here(own_world: str) -> None:
    async with instance(own_world) as parts:
        await check_all_is_stored_when_shown(parts, parts)


async def test_on_another_instance_through_redis(own_world: str, redis_url: str) -> None:
    async with (
        shared_streams(redis_url) as written,
        shared_streams(redis_url) as read,
        instance(own_world, streams=written) as parts,
        instance(own_world, streams=read) as others,
    ):
        await check_all_is_stored_when_shown(parts, others)


async def test_what_cannot_be_stored_is_not_shown_yet(own_world: str) -> None:
    async with instance(own_world) as parts:
        exchange = await send(parts)
        locking = await asyncpg.connect(own_world)
        try:
            await locking.execute("BEGIN")
            await locking.fetch(
                "SELECT FROM chat_messages WHERE id = $1 FOR UPDATE", exchange.reply_id
            )
            following = asyncio.create_task(collected(parts, exchange))
            parts.model.say("Good ")
            await until(lambda: parts.jobs.writers[exchange.reply_id].draft.text == "Good ")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(TIMEOUT_SECONDS / 4):
                    await anext(parts.streams.follow(exchange.reply_id, 0))
        finally:
            await locking.close()
        assert await anext(parts.streams.follow(exchange.reply_id, 0)) == Delta(1, "Good ")
        parts.model.end("day!")
        deltas, ended = await following
        assert "".join(one.text for one in deltas) == ended["content"] == "Good day!"


async def test_a_database_that_is_away_holds_up_no_reader(own_world: str) -> None:
    async with instance(own_world) as parts:
        exchange = await send(parts)
        async with aclosing(parts.guidance.follow(ADA, exchange.reply_id, after=0)) as events:
            parts.model.say("Good ")
            assert await anext(events) == Delta(1, "Good ")
            async with outage(own_world):
                parts.model.say("day")
                assert await anext(events) == Delta(2, "day")
            parts.model.end("!")
            assert await anext(events) == Delta(3, "!")
            ended = await anext(events)
            assert isinstance(ended, Row)
            assert (ended["status"], ended["content"]) == ("complete", "Good day!")


async def test_many_replies_are_stored_in_one_statement(own_world: str) -> None:
    async with instance(own_world) as parts:
        stored: list[int] = []

        async def save(written: object) -> object:
            assert isinstance(written, dict)
            stored.append(len(written))
            return dict.fromkeys(written, True)

        progress = ProgressWriter(save)  # type: ignore[arg-type]  # it has the keys that it is given
        exchange = await send(parts)
        written = parts.jobs.writers[exchange.reply_id]
        waiting = [
            progress.save_soon(ReplyKey(1, number), lambda: written.draft) for number in range(100)
        ]
        running = asyncio.create_task(progress.run())
        await asyncio.gather(*waiting)
        running.cancel()
        assert stored == [100]


async def test_the_first_piece_of_a_reply_waits_for_no_interval() -> None:
    stored: list[set[int]] = []

    async def save(written: Mapping[ReplyKey, ReplyDraft]) -> Mapping[ReplyKey, bool]:
        stored.append({one.reply_id for one in written})
        return dict.fromkeys(written, True)

    progress = ProgressWriter(save, interval_seconds=60)
    running = asyncio.create_task(progress.run())
    await progress.save_soon(ReplyKey(1, 1), nothing_generated)
    later = progress.save_soon(ReplyKey(1, 2), nothing_generated)
    await asyncio.gather(
        later, progress.save_soon(ReplyKey(1, 3), nothing_generated, is_first=True)
    )
    running.cancel()
    assert stored == [{1}, {2, 3}]


def nothing_generated() -> ReplyDraft:
    return ReplyDraft("", (), GenerationReport("a model"), 0)
