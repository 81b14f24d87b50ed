"""Replies while they are written: followed, stopped, taken away, and ended once."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from functools import partial

import asyncpg
import pytest
from redis.asyncio import Redis

from clients.llm import FailureReason, GenerationFailed
from db.row import Row
from services.generation.failures import failure_refusal, stored_failure
from services.mutations.refusals import NotFound
from services.quota.ledger import differing_days
from streams import Delta
from streams.redis import stream_key
from tests.fixtures.stores.world import ADA, GRACE, GRACES_MESSAGE, NOW
from tests.services.guidance.chat_instances import Instance, instance, recover, until
from tests.services.guidance.exchanges import collected, ledger_of, send, used, written
from tests.streams.stream_instances import shared_streams


async def test_the_pieces_are_the_stored_text_whenever_one_follows(own_world: str) -> None:
    async with instance(own_world) as parts:
        exchange = await send(parts)
        early = asyncio.create_task(collected(parts, exchange))
        for piece in ("Good ", "day, ", "wörld"):
            parts.model.say(piece)
            await written(
                parts,
                exchange,
                "Good day, wörld"[: "Good day, wörld".index(piece) + len(piece)],
            )
        midway = asyncio.create_task(collected(parts, exchange, after=2))
        parts.model.end("!")
        deltas, ended = await early
        assert "".join(delta.text for delta in deltas) == ended["content"] == "Good day, wörld!"
        assert [delta.index for delta in deltas] == [1, 2, 3, 4]
        assert (await midway)[0] == deltas[2:]
        for after in range(6):
            assert (await collected(parts, exchange, after))[0] == deltas[after:]


async def test_an_instance_that_shares_nothing_but_the_database_follows_what_is_stored(
    own_world: str,
) -> None:
    async with instance(own_world) as parts, instance(own_world) as others:
        exchange = await send(parts)
        following = asyncio.create_task(collected(others, exchange))
        parts.model.say("Good ")
        await written(parts, exchange, "Good ")
        parts.model.end("day!")
        deltas, ended = await following
        assert [delta.text for delta in deltas] == ["Good ", "day!"]
        assert ended["status"] == "complete"


async def test_only_the_owner_can_follow(own_world: str) -> None:
    async with instance(own_world) as parts:
        exchange = await send(parts)
        for user, message in (
            (GRACE, exchange.reply_id),
            (ADA, GRACES_MESSAGE),
            (ADA, exchange.message_id),
            (ADA, 999_999),
        ):
            with pytest.raises(NotFound):
                await anext(parts.guidance.follow(user, message, after=0))


async def test_a_reply_that_was_abandoned_too_often_fails_once_and_for_all(own_world: str) -> None:
    async with instance(own_world) as dead, instance(own_world) as parts:
        exchange = await send(dead)
        dead.model.say("Good ")
        await written(dead, exchange, "Good ")
        await dead.rows(
            "UPDATE reply_generations SET lease_expires_at = '-infinity', times_abandoned = 2"
        )
        repaired = await asyncio.gather(*(recover(one) for one in (parts, dead) for _ in range(4)))
        assert sum(repaired) == 1
        dead.model.end("day!")
        _, ended = await collected(parts, exchange)
        assert (ended["status"], ended["failure_reason"]) == ("failed", "interrupted")
        assert ended["content"] == "Good "
        await until(lambda: exchange.reply_id not in dead.jobs.writers)
        assert await ledger_of(parts, exchange) == [("reserve", 1), ("release", -1)]
        async with parts.database.read() as connection:
            assert await differing_days(connection) == []


async def test_a_lease_is_renewed_while_its_process_lives(own_world: str) -> None:
    async with instance(own_world, lease_seconds=0.3) as parts:
        exchange = await send(parts)
        first = await parts.value("SELECT lease_expires_at FROM reply_generations")
        renewed = "SELECT lease_expires_at > $1 FROM reply_generations"
        await until(lambda: parts.value(renewed, first))
        parts.model.end("Hello!")
        assert (await collected(parts, exchange))[1]["status"] == "complete"


def has_texts(parts: Instance, texts: list[str]) -> bool:
    """Whether this is what there is of the replies that an instance writes."""
    return texts == sorted(one.draft.text for one in parts.jobs.writers.values())


async def test_a_reply_that_somebody_has_locked_holds_up_no_other(own_world: str) -> None:
    """Or two who lock several in another order would wait for each other."""
    async with instance(own_world, lease_seconds=0.3) as parts:
        locked = await send(parts)
        free = await send(parts, key="2", conversation_id=None)
        lease = "SELECT lease_expires_at FROM reply_generations WHERE reply_id = $1"
        renewed = lease.replace("lease_expires_at", "lease_expires_at > $2")
        locking = await asyncpg.connect(own_world)
        try:
            await locking.execute("BEGIN")
            for query in (
                "SELECT FROM chat_messages WHERE id = $1 FOR UPDATE",
                "SELECT FROM reply_generations WHERE reply_id = $1 FOR UPDATE",
            ):
                await locking.fetch(query, locked.reply_id)
            first = await parts.value(lease, free.reply_id)
            for texts in (["", "One."], ["One.", "One."]):
                parts.model.say("One.")
                await until(partial(has_texts, parts, texts))
            await written(parts, free, "One.")
            await until(lambda: parts.value(renewed, free.reply_id, first))
        finally:
            await locking.close()
        for _ in range(2):
            parts.model.end()
        for one in (locked, free):
            assert (await collected(parts, one))[1]["content"] == "One."


async def test_a_reply_without_a_writer_is_given_up_while_its_process_writes_others(
    own_world: str,
) -> None:
    async with (
        instance(own_world) as others,
        instance(own_world, lease_seconds=1.5) as parts,
    ):
        lost = await send(others)
        # As when a commit of `parts` succeeded unnoticed: it is recorded, and nobody writes it.
        await parts.rows(
            "UPDATE reply_generations SET owner = $1, times_abandoned = 2, "
            "lease_expires_at = clock_timestamp() + interval '0.2 s'",
            parts.jobs.owner,
        )
        other = await send(parts, key="other", conversation_id=None)

        async def is_given_up() -> bool:
            return await recover(parts) == 1

        await until(is_given_up)
        status = "SELECT status FROM chat_messages WHERE id = $1"
        assert await parts.value(status, lost.reply_id) == "failed"
        assert await parts.value(status, other.reply_id) == "streaming"
        parts.model.end("Hello!")
        assert (await collected(parts, other))[1]["status"] == "complete"


class BrokenModel:
    """Fails before it is asked, in a way that nobody expects."""

    def generate(self, *_: object) -> AsyncGenerator[str, None]:
        raise ZeroDivisionError


async def test_a_reply_that_fails_in_an_unexpected_way_fails_all_the_same(own_world: str) -> None:
    async with instance(own_world, model=BrokenModel()) as parts:
        exchange = await send(parts)
        deltas, ended = await collected(parts, exchange)
        assert (deltas, ended["failure_reason"]) == ([], "unavailable")
        assert await used(parts, ADA) == 3


async def test_what_is_left_to_wait_for_the_model_grows_less(own_world: str) -> None:
    async with instance(own_world) as parts:
        exchange = await send(parts)
        busy = GenerationFailed(FailureReason.UNAVAILABLE, retry_after_seconds=60)
        parts.model.fail(busy)
        _, ended = await collected(parts, exchange)
        left = []
        for passed in (0, 59.5, 60, 600):
            stored = stored_failure(ended)
            assert stored is not None
            failure = failure_refusal(stored, NOW + timedelta(seconds=passed))
            assert failure is not None
            left.append(failure.retry_after_seconds)
        assert left == [60, 1, 0, 0]


async def test_who_follows_a_stream_that_its_writer_lost_reads_what_is_stored(
    own_world: str, redis_url: str
) -> None:
    async with (
        Redis.from_url(redis_url, protocol=2) as redis,
        shared_streams(redis_url) as written,
        shared_streams(redis_url) as read,
        instance(own_world, streams=written) as parts,
        instance(own_world, streams=read) as others,
    ):
        exchange = await send(parts)
        following = others.guidance.follow(ADA, exchange.reply_id, after=0)
        parts.model.say("Good ")
        assert await anext(following) == Delta(1, "Good ")
        # Somebody else's entry: the writer writes the stream anew, the reader leaves it alone.
        await redis.xadd(stream_key(exchange.reply_id), {"begin": ""})
        parts.model.end("day!")
        assert await anext(following) == Delta(2, "day!")
        ended = await anext(following)
        assert isinstance(ended, Row)
        assert ended["content"] == "Good day!"


async def test_another_instance_follows_through_redis_without_the_database(
    own_world: str, redis_url: str
) -> None:
    async with (
        shared_streams(redis_url) as written,
        shared_streams(redis_url) as read,
        instance(own_world, streams=written) as parts,
        instance(own_world, streams=read) as others,
    ):
        exchange = await send(parts)
        events = others.guidance.follow(ADA, exchange.reply_id, after=0)
        parts.model.say("Good ")
        assert await anext(events) == Delta(1, "Good ")
        await others.rows("UPDATE chat_messages SET content = '', stream_ends = NULL")
        parts.model.say("day!")
        assert await anext(events) == Delta(2, "day!")
        parts.model.fail(GenerationFailed(FailureReason.TIMEOUT))
        last = await anext(events)
        assert isinstance(last, Row)
        assert (last["status"], last["content"]) == ("failed", "Good day!")
