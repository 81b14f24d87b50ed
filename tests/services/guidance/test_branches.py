"""Branches and replies that are written there: taken over, deleted, and many at once."""

import asyncio

import pytest
from redis.asyncio import Redis

from clients.llm import PromptMessage, Role
from services.guidance.records import Exchange
from services.mutations.refusals import Conflict, NotFound
from streams.redis import stream_key
from tests.fixtures.stores.world import ADA
from tests.services.guidance.chat_instances import Instance, instance, recover, until
from tests.services.guidance.exchanges import answered, send
from tests.services.guidance.test_handover import EXPIRE
from tests.streams.stream_instances import shared_streams


async def edit(parts: Instance, message_id: int, content: str) -> Exchange:
    return await parts.guidance.edit(
        ADA, message_id, content=content, idempotency_key=f"edit {content}"
    )


async def test_a_reply_on_a_branch_that_is_not_shown_is_taken_over_with_its_own_path(
    own_world: str,
) -> None:
    async with instance(own_world) as old, instance(own_world) as new:
        old.jobs.end_takeovers()
        first = await send(old, key="1", conversation_id=None, content="One")
        await answered(old, first, "Hello!")
        hidden = await old.guidance.send(
            ADA,
            conversation_id=None,
            parent_id=first.reply_id,
            content="Two",
            idempotency_key="2",
        )
        await edit(old, first.message_id, "Another one")
        await until(lambda: len(old.model.prompts) == 3)
        await old.rows(EXPIRE, old.jobs.owner)
        assert await recover(new) == 2
        await until(lambda: len(new.model.prompts) == 2)
        path = [(Role.USER, "One"), (Role.ASSISTANT, "Hello!"), (Role.USER, "Two")]
        taken_over = [without_instructions(prompt) for prompt in new.model.prompts]
        assert sorted(taken_over, key=len) == [[(Role.USER, "Another one")], path]
        new.model.end("A.")
        new.model.end("B.")
        assert (await new.guidance.wait_for_end(ADA, hidden.reply_id))["status"] == "complete"


def without_instructions(prompt: list[PromptMessage]) -> list[tuple[Role, str]]:
    return [(one.role, one.content) for one in prompt[1:]]


async def test_the_stream_of_a_deleted_reply_is_gone(own_world: str, redis_url: str) -> None:
    async with (
        shared_streams(redis_url) as streams,
        instance(own_world, streams=streams) as parts,
        Redis.from_url(redis_url) as redis,
    ):
        exchange = await send(parts, conversation_id=None)
        await answered(parts, exchange)
        assert b"Hello!" in str(await redis.xrange(stream_key(exchange.reply_id))).encode()
        await parts.branches.delete(ADA, exchange.message_id)
        assert b"Hello!" not in str(await redis.xrange(stream_key(exchange.reply_id))).encode()


TITLE = "SELECT title, title_origin FROM chat_conversations WHERE id = $1"
RETITLE = "UPDATE chat_conversations SET title = $2, title_origin = $3 WHERE id = $1"


@pytest.mark.parametrize(
    ("origin", "titles"),
    [
        ("message", [("Two", "message"), ("New conversation", "message")]),
        ("model", [("Two", "message"), ("New conversation", "message")]),
        ("person", [("Of One", "person"), ("Of One", "person")]),
    ],
)
async def test_a_title_does_not_keep_what_was_deleted(
    own_world: str, origin: str, titles: list[tuple[str, str]]
) -> None:
    async with instance(own_world) as parts:
        exchange = await send(parts, conversation_id=None, content="One")
        await answered(parts, exchange)
        other = await edit(parts, exchange.message_id, "Two")
        await answered(parts, other)
        place = exchange.conversation_id
        await parts.rows(RETITLE, place, "Of One", origin)
        await parts.branches.delete(ADA, other.reply_id)
        assert [tuple(row) for row in await parts.rows(TITLE, place)] == [("Of One", origin)]
        for message_id, title in zip((exchange.message_id, other.message_id), titles, strict=True):
            deletion = await parts.branches.delete(ADA, message_id)
            assert deletion.conversation["title"] == title[0]
            assert [tuple(row) for row in await parts.rows(TITLE, place)] == [title]


async def test_of_many_replies_to_one_message_at_once_one_is_written(own_world: str) -> None:
    async with instance(own_world) as parts, instance(own_world) as others:
        exchange = await send(parts, conversation_id=None)
        await answered(parts, exchange)
        regenerations = await asyncio.gather(
            *(
                at.guidance.regenerate(ADA, exchange.reply_id, idempotency_key=f"{number}")
                for number, at in enumerate((parts, others) * 4)
            ),
            return_exceptions=True,
        )
        begun = [one for one in regenerations if isinstance(one, Exchange)]
        assert len(begun) == 1
        assert {type(one) for one in regenerations} == {Exchange, Conflict}
        parts.model.end("Again.")
        others.model.end("Again.")
        await parts.guidance.wait_for_end(ADA, begun[0].reply_id)


async def test_many_versions_at_once_are_siblings_in_the_order_of_their_ids(own_world: str) -> None:
    async with instance(own_world) as parts, instance(own_world) as others:
        exchange = await send(parts, conversation_id=None, content="One")
        await answered(parts, exchange)
        versions = await asyncio.gather(
            *(
                edit(at, exchange.message_id, f"Version {number}")
                for number, at in enumerate((parts, others) * 4)
            )
        )
        for at in (parts, others) * 4:
            at.model.end("Hello!")
        for version in versions:
            await parts.guidance.wait_for_end(ADA, version.reply_id)
        branches = await parts.rows(
            "SELECT m.id, m.branch, b.parent_id FROM chat_messages m JOIN chat_branches b "
            "ON b.conversation_id = m.conversation_id AND b.number = m.branch "
            "WHERE m.conversation_id = $1 AND role = 'user' ORDER BY m.id",
            exchange.conversation_id,
        )
        assert [tuple(row) for row in branches] == [
            (id_, number, 0)
            for number, id_ in enumerate(sorted(one.message_id for one in (exchange, *versions)))
        ]


async def test_a_conversation_is_deleted_with_all_its_branches_and_tags(
    own_world: str,
) -> None:
    async with instance(own_world) as parts:
        exchange = await send(parts, conversation_id=None, content="One")
        await answered(parts, exchange)
        await answered(parts, await edit(parts, exchange.message_id, "Two"))
        await parts.conversations.set_tags(ADA, exchange.conversation_id, ["work"])
        await parts.conversations.delete(ADA, exchange.conversation_id)
        for table in ("chat_messages", "chat_branches", "chat_conversation_tags"):
            count = f"SELECT count(*) FROM {table} WHERE conversation_id = $1"
            assert await parts.value(count, exchange.conversation_id) == 0
        with pytest.raises(NotFound):
            await parts.branches.select(ADA, exchange.message_id)
