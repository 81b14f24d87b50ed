"""A reply whose process must go, or is gone, goes on elsewhere: each character once, one unit."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing

import pytest

from clients.llm import Role
from db.queries.clauses.reply_leases import MOST_ABANDONED
from db.row import Row
from services.generation.continuing import last_words
from services.guidance.records import Exchange
from services.mutations.refusals import NotFound
from services.quota.ledger import differing_days
from streams import Delta
from tests.fixtures.stores.world import ADA, LONG_CONVERSATION
from tests.services.generation.database_outages import outage
from tests.services.guidance.chat_instances import Instance, instance, recover, until
from tests.services.guidance.exchanges import collected, ledger_of, send, used, written
from tests.streams.stream_instances import shared_streams

EXPIRE = "UPDATE reply_generations SET lease_expires_at = '-infinity' WHERE owner = $1"
OWNER = "SELECT owner FROM reply_generations"
SPENT, GIVEN_BACK = [("reserve", 1), ("settle", 0)], [("reserve", 1), ("release", -1)]


async def check_is_complete(parts: Instance, exchange: Exchange, text: str, attempts: int) -> None:
    """Also that it was charged once, and that nobody writes it any more."""
    deltas, ended = await collected(parts, exchange)
    assert (ended["status"], ended["content"]) == ("complete", text)
    assert ended["attempts"] == attempts
    assert "".join(delta.text for delta in deltas) == text
    assert await ledger_of(parts, exchange) == SPENT
    assert await used(parts, ADA) == 4
    assert await parts.value("SELECT count(*) FROM reply_generations") == 0
    async with parts.database.read() as connection:
        assert await differing_days(connection) == []


async def test_a_reader_elsewhere_reads_on_when_the_writer_goes(
    own_world: str, redis_url: str
) -> None:
    async with (
        shared_streams(redis_url) as of_reader,
        shared_streams(redis_url) as of_writer,
        instance(own_world, streams=of_reader) as others,
    ):
        async with instance(own_world, streams=of_writer) as parts:
            exchange = await send(parts)
            events = others.guidance.follow(ADA, exchange.reply_id, after=0)
            parts.model.say("Good ")
            assert await anext(events) == Delta(1, "Good ")
        assert parts.model.cancelled == 1
        await until(lambda: others.model.prompts)
        *requested, written_before, instruction = others.model.prompts[0]
        assert requested == parts.model.prompts[0]
        assert (written_before.role, written_before.content) == (Role.ASSISTANT, "Good ")
        assert last_words("Good ") in instruction.content
        others.model.say("Good ", "morn")
        assert await anext(events) == Delta(2, "morn")
        others.model.end("ing!")
        assert await anext(events) == Delta(3, "ing!")
        assert isinstance(await anext(events), Row)
        await check_is_complete(others, exchange, "Good morning!", attempts=2)


async def test_what_was_not_sent_yet_is_asked_anew(own_world: str) -> None:
    async with instance(own_world) as others:
        async with instance(own_world) as parts:
            exchange = await send(parts)
            await until(lambda: parts.model.prompts)
        others.model.end("Hello!")
        await check_is_complete(others, exchange, "Hello!", attempts=2)
        assert others.model.prompts == parts.model.prompts


async def test_whoever_waits_for_a_reply_here_gets_it_from_here(own_world: str) -> None:
    async with instance(own_world) as parts, instance(own_world) as others:
        waited, streamed = [
            await send(parts, key=f"{number}", conversation_id=None) for number in range(2)
        ]
        waiting = asyncio.create_task(parts.guidance.wait_for_end(ADA, waited.reply_id))
        await until(lambda: len(parts.model.prompts) == 2)
        await asyncio.sleep(0)
        parts.jobs.hand_over()
        await until(lambda: others.model.prompts)
        parts.model.end("Here.")
        others.model.end("There.")
        assert (await waiting)["content"] == "Here."
        assert (await collected(others, streamed))[1]["content"] == "There."
        # What begins after that is not begun here, and is waited for all the same.
        late = await send(parts, key="late", conversation_id=None)
        waiting = asyncio.create_task(parts.guidance.wait_for_end(ADA, late.reply_id))
        await until(lambda: len(others.model.prompts) == 2)
        others.model.end("There too.")
        ended = await waiting
        assert (ended["content"], ended["attempts"]) == ("There too.", 1)
        assert len(parts.model.prompts) == 2


async def test_a_killed_writer_that_lives_after_all_neither_stores_nor_shows_anything(
    own_world: str, redis_url: str
) -> None:
    async with (
        shared_streams(redis_url) as of_old,
        shared_streams(redis_url) as of_new,
        shared_streams(redis_url) as of_reader,
        instance(own_world, streams=of_old) as old,
        instance(own_world, streams=of_new) as new,
        instance(own_world, streams=of_reader) as reader,
    ):
        for one in (old, reader):
            one.jobs.end_takeovers()
        exchange = await send(old)
        events = reader.guidance.follow(ADA, exchange.reply_id, after=0)
        old.model.say("Good ")
        assert await anext(events) == Delta(1, "Good ")
        await old.rows(EXPIRE, old.jobs.owner)
        assert await recover(new) == 1
        await until(lambda: new.model.prompts)
        old.model.say("grief ")
        await until(lambda: exchange.reply_id not in old.jobs.writers)
        new.model.end("Good day!")
        assert await anext(events) == Delta(2, "day!")
        await check_is_complete(reader, exchange, "Good day!", attempts=2)


async def test_what_a_writer_without_lease_has_is_refused(own_world: str) -> None:
    async with instance(own_world) as parts:
        exchange = await send(parts)
        parts.model.say("Good ")
        await written(parts, exchange, "Good ")
        writer = parts.jobs.writers[exchange.reply_id]
        drafts = {writer.key: writer.draft}
        assert await parts.replies.save(parts.jobs.owner, drafts) == {writer.key: True}
        await parts.rows("UPDATE reply_generations SET owner = gen_random_uuid()")
        assert await parts.replies.save(parts.jobs.owner, drafts) == {}


async def test_of_many_who_take_over_one_writes(own_world: str) -> None:
    async with (
        instance(own_world) as parts,
        instance(own_world) as one,
        instance(own_world) as other,
    ):
        parts.jobs.end_takeovers()
        exchanges = [
            await send(parts, key=f"{number}", conversation_id=None) for number in range(6)
        ]
        await until(lambda: len(parts.model.prompts) == 6)
        await parts.rows(EXPIRE, parts.jobs.owner)
        counts = await asyncio.gather(*(recover(at) for at in (one, other) * 3))
        assert sum(counts) == 6
        await until(lambda: len(one.model.prompts) + len(other.model.prompts) == 6)
        for at in (one, other):
            assert len(at.jobs.writers) == len(at.model.prompts)
            for _ in at.model.prompts:
                at.model.end("Hello!")
        for exchange in exchanges:
            assert (await collected(one, exchange))[1]["content"] == "Hello!"
            assert await ledger_of(one, exchange) == SPENT


async def test_a_reply_is_abandoned_twice_and_not_more_often(own_world: str) -> None:
    async with AsyncExitStack() as stack:
        writer = await stack.enter_async_context(instance(own_world))
        exchange = await send(writer)
        writer.model.say("Good ")
        await written(writer, exchange, "Good ")
        for count in range(3):
            writer.jobs.end_takeovers()
            await writer.rows(EXPIRE, writer.jobs.owner)
            assert await recover(writer) == 1
            if count < MOST_ABANDONED:
                writer = await stack.enter_async_context(instance(own_world))
                await until(lambda: writer.model.prompts)  # noqa: B023 - it is awaited here
        _, ended = await collected(writer, exchange)
        assert (ended["status"], ended["failure_reason"]) == ("failed", "interrupted")
        assert ended["content"] == "Good "
        assert await ledger_of(writer, exchange) == GIVEN_BACK


async def test_restarts_are_not_counted(own_world: str) -> None:
    async with instance(own_world) as last:
        last.jobs.end_takeovers()
        exchange = None
        for number in range(4):
            async with instance(own_world) as parts:
                exchange = exchange or await send(parts)
                await until(lambda: parts.model.prompts)
                parts.model.say(f"{number} word and ")
                text = "".join(f"{one} word and " for one in range(number + 1))
                await written(last, exchange, text)
        assert exchange is not None
        async with instance(own_world) as parts:
            parts.model.end("the end.")
            await check_is_complete(parts, exchange, f"{text}the end.", attempts=5)


async def test_a_stop_between_two_writers_ends_the_reply(own_world: str) -> None:
    async with instance(own_world) as others:
        others.jobs.end_takeovers()
        async with instance(own_world) as parts:
            exchange = await send(parts)
            parts.model.say("Good ")
            await written(parts, exchange, "Good ")
        await others.rows("UPDATE reply_generations SET stop_requested_at = now()")
        async with instance(own_world) as parts:
            _, ended = await collected(parts, exchange)
            assert (ended["status"], ended["content"]) == ("stopped", "Good ")
            assert await ledger_of(parts, exchange) == SPENT
            assert parts.model.prompts == []


async def test_who_deletes_the_conversation_between_two_writers_gives_the_reply_up(
    own_world: str,
) -> None:
    async with instance(own_world) as others:
        others.jobs.end_takeovers()
        async with instance(own_world) as parts:
            exchange = await send(parts)
            parts.model.say("Good ")
            await written(parts, exchange, "Good ")
        await others.conversations.delete(ADA, LONG_CONVERSATION)
        assert await ledger_of(others, exchange) == GIVEN_BACK
        with pytest.raises(NotFound):
            await collected(others, exchange)


async def test_a_database_that_is_away_delays_the_handover(own_world: str) -> None:
    async with instance(own_world) as others:
        others.model.end("day!")
        async with instance(own_world) as parts:
            exchange = await send(parts)
            parts.model.say("Good ")
            await written(parts, exchange, "Good ")
            async with outage(own_world):
                parts.jobs.hand_over()
                await until(lambda: parts.model.cancelled)
                assert exchange.reply_id in parts.jobs.writers
        await check_is_complete(others, exchange, "Good day!", attempts=2)


class SilentModel:
    """Is asked, and says nothing."""

    async def generate(self, *_: object) -> AsyncGenerator[str, None]:
        await asyncio.get_running_loop().create_future()
        yield ""


async def test_an_erasure_between_two_writers_leaves_nothing_in_redis(
    own_world: str, redis_url: str
) -> None:
    async with (
        shared_streams(redis_url) as of_old,
        shared_streams(redis_url) as of_new,
        instance(own_world, streams=of_new, model=SilentModel()) as new,
    ):
        new.jobs.end_takeovers()
        async with instance(own_world, streams=of_old) as old:
            exchange = await send(old)
            old.model.say("Good ")
            await written(old, exchange, "Good ")
        await of_new.forget([exchange.reply_id])
        async with instance(own_world, streams=of_old, model=SilentModel()) as next_writer:
            await until(lambda: exchange.reply_id in next_writer.jobs.writers)
            await until(lambda: of_old.is_own(exchange.reply_id))
            async with aclosing(of_new.follow(exchange.reply_id, 0)) as deltas:
                assert [delta async for delta in deltas] == []
