"""Sending: message, reply and unit together or not at all, and each once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clients.llm import FailureReason, GenerationFailed, Role
from services.billing.rules.payments import NoActiveSubscription
from services.callers.people import PersonUnknown
from services.guidance.records import Exchange
from services.mutations.idempotency import IdempotencyKeyReused
from services.mutations.refusals import Conflict, InvalidInput, NotFound, Refusal
from services.quota.ledger import QuotaExceeded, differing_days
from tests.fixtures.stores.world import (
    ADA,
    ALAN,
    EDITH,
    GRACE,
    GRACES_CONVERSATION,
    GRACES_MESSAGE,
    LONG_CONVERSATION,
    NOW,
)
from tests.services.guidance.chat_instances import Instance, at, instance
from tests.services.guidance.exchanges import EVERYTHING, answered, ledger_of, send, used


async def test_a_message_is_answered_and_paid_with_a_unit(own_world: str) -> None:
    async with instance(own_world) as parts:
        exchange = await send(parts, content="  Hello?\n")
        reply = await parts.value("SELECT m FROM chat_messages m WHERE id = $1", exchange.reply_id)
        assert (reply["status"], reply["content"]) == ("streaming", "")
        assert await used(parts, ADA) == 4
        parts.model.end("Good ", "day", "!")
        ended = await parts.guidance.wait_for_end(ADA, exchange.reply_id)
        assert (ended["status"], ended["content"]) == ("complete", "Good day!")
        assert (ended["model"], ended["attempts"]) == ("scripted", 1)
        assert (ended["prompt_tokens"], ended["completion_tokens"]) == (11, 22)
        assert ended["latency_ms"] >= 0
        assert await ledger_of(parts, exchange) == [("reserve", 1), ("settle", 0)]
        assert await used(parts, ADA) == 4
        message = await parts.value(
            "SELECT content FROM chat_messages WHERE id = $1", exchange.message_id
        )
        assert message == "Hello?"
        async with parts.database.read() as connection:
            assert await differing_days(connection) == []


@pytest.mark.parametrize(
    ("reason", "stored"),
    [
        (FailureReason.UNAVAILABLE, "unavailable"),
        (FailureReason.BREAKER_OPEN, "unavailable"),
        (FailureReason.MISCONFIGURED, "unavailable"),
        (FailureReason.MALFORMED, "unavailable"),
        (FailureReason.TIMEOUT, "timed_out"),
        (FailureReason.REFUSED, "refused"),
        (FailureReason.TOO_LONG, "too_long"),
        (FailureReason.CONTEXT_TOO_LONG, "context_too_long"),
        (FailureReason.INTERRUPTED, "interrupted"),
    ],
)
async def test_a_reply_that_fails_gives_the_unit_back(
    own_world: str, reason: FailureReason, stored: str
) -> None:
    async with instance(own_world) as parts:
        exchange = await send(parts)
        parts.model.fail(GenerationFailed(reason), "Good ")
        ended = await parts.guidance.wait_for_end(ADA, exchange.reply_id)
        assert (ended["status"], ended["failure_reason"]) == ("failed", stored)
        assert ended["content"] == "Good "
        assert await ledger_of(parts, exchange) == [("reserve", 1), ("release", -1)]
        assert await used(parts, ADA) == 3


async def test_a_reply_without_text_is_none(own_world: str) -> None:
    async with instance(own_world) as parts:
        exchange = await send(parts)
        parts.model.end()
        ended = await parts.guidance.wait_for_end(ADA, exchange.reply_id)
        assert (ended["status"], ended["failure_reason"]) == ("failed", "unavailable")
        assert await used(parts, ADA) == 3


async def test_text_that_cannot_be_stored_is_stored_without_what_hinders(own_world: str) -> None:
    async with instance(own_world) as parts:
        exchange = await send(parts)
        parts.model.end("a\0b", "\ud800", "c")
        ended = await parts.guidance.wait_for_end(ADA, exchange.reply_id)
        assert ended["content"] == "ab?c"


REFUSED: list[tuple[type[Exception], dict[str, Any]]] = [
    (InvalidInput, {"content": ""}),
    (InvalidInput, {"content": " \n\t "}),
    (InvalidInput, {"content": "x" * 8_001}),
    (InvalidInput, {"content": "a\0b"}),
    (InvalidInput, {"key": ""}),
    (InvalidInput, {"key": "x" * 256}),
    (InvalidInput, {"key": "a\nb"}),
    (NotFound, {"conversation_id": GRACES_CONVERSATION}),
    (NotFound, {"conversation_id": 999_999}),
    (NoActiveSubscription, {"user": ALAN, "conversation_id": None}),
    (QuotaExceeded, {"user": EDITH, "conversation_id": None}),
    (PersonUnknown, {"user": 999_999, "conversation_id": None}),
]


@pytest.mark.parametrize(("refusal", "changes"), REFUSED)
async def test_a_refused_message_changes_nothing(
    own_world: str, refusal: type[Exception], changes: dict[str, Any]
) -> None:
    async with instance(own_world) as parts:
        before = await parts.rows(EVERYTHING)
        with pytest.raises(refusal):
            await send(parts, **changes)
        assert await parts.rows(EVERYTHING) == before
        assert parts.model.prompts == []


async def test_a_quota_that_is_used_up_says_until_when(own_world: str) -> None:
    async with instance(own_world) as parts:
        with pytest.raises(QuotaExceeded) as refused:
            await send(parts, EDITH, conversation_id=None)
        assert refused.value.retry_after_seconds == 14.5 * 3600


async def test_the_longest_message_is_8000_characters(own_world: str) -> None:
    async with instance(own_world) as parts:
        assert await send(parts, content=" " + "x" * 8_000 + " ")


async def test_no_more_than_the_limit_however_many_at_once(own_world: str) -> None:
    async with instance(own_world) as parts, instance(own_world) as others:
        outcomes = await asyncio.gather(
            *(
                send(one, GRACE, f"{index}", conversation_id=None)
                for one in (parts, others)
                for index in range(id(one), id(one) + 25)
            ),
            return_exceptions=True,
        )
        sent = [outcome for outcome in outcomes if isinstance(outcome, Exchange)]
        refused = [outcome for outcome in outcomes if isinstance(outcome, QuotaExceeded)]
        assert (len(sent), len(refused)) == (5, 45)
        assert await used(parts, GRACE) == 5
        async with parts.database.read() as connection:
            assert await differing_days(connection) == []


async def test_a_unit_goes_back_to_the_day_it_came_from(own_world: str) -> None:
    before_midnight = datetime(2026, 2, 20, 23, 59, 59, tzinfo=UTC)
    now = [before_midnight]
    async with instance(own_world, clock=lambda: now[0]) as parts:
        exchange = await send(parts, GRACE, conversation_id=None)
        now[0] = before_midnight + timedelta(seconds=2)
        parts.model.fail(GenerationFailed(FailureReason.TIMEOUT))
        await parts.guidance.wait_for_end(GRACE, exchange.reply_id)
        days = await parts.rows(
            "SELECT usage_date, used FROM daily_quota_usages WHERE user_id = $1", GRACE
        )
        assert [tuple(day) for day in days] == [(before_midnight.date(), 0)]
        async with parts.database.read() as connection:
            assert await differing_days(connection) == []


async def test_a_new_conversation_takes_its_title_from_the_first_message(own_world: str) -> None:
    async with instance(own_world) as parts:
        exchange = await send(parts, conversation_id=None, content="How do I\nbegin?")
        title = "SELECT title FROM chat_conversations WHERE id = $1"
        assert await parts.value(title, exchange.conversation_id) == "How do I begin?"
        await answered(parts, exchange)
        started = await parts.start()
        later = await send(parts, key="2", conversation_id=started, content="Later")
        assert await parts.value(title, started) == "Later"
        await answered(parts, later)
        again = await send(parts, key="3", conversation_id=started, content="Again")
        assert await parts.value(title, started) == "Later"
        await answered(parts, again)
        named = await parts.start(title="Named", key="named")
        await send(parts, key="4", conversation_id=named, content="Later")
        assert await parts.value(title, named) == "Named"


@pytest.mark.parametrize("later", [timedelta(), timedelta(hours=-5), timedelta(seconds=1)])
async def test_messages_stay_in_order_whatever_the_clocks_say(
    own_world: str, later: timedelta
) -> None:
    async with instance(own_world, clock=at(NOW + later)) as parts:
        exchanges = []
        for index in range(3):
            exchanges.append(await send(parts, key=f"{index}"))
            await answered(parts, exchanges[-1])
        rows = await parts.rows(
            "SELECT id FROM chat_messages WHERE conversation_id = $1 AND id > 1000 "
            "ORDER BY created_at, id",
            LONG_CONVERSATION,
        )
        wanted = [key for one in exchanges for key in (one.message_id, one.reply_id)]
        assert [row["id"] for row in rows] == wanted
        newest = await parts.rows(
            "SELECT max(created_at), (SELECT updated_at FROM chat_conversations WHERE id = $1) "
            "FROM chat_messages WHERE conversation_id = $1",
            LONG_CONVERSATION,
        )
        assert newest[0][0] == newest[0][1]


async def test_a_message_takes_the_conversation_out_of_the_archive(own_world: str) -> None:
    async with instance(own_world) as parts:
        await parts.conversations.archive(ADA, LONG_CONVERSATION)
        await send(parts)
        assert await parts.value("SELECT status FROM chat_conversations WHERE id = 1") == "active"


async def test_the_model_gets_the_messages_that_count(own_world: str) -> None:
    async with instance(own_world) as parts:
        first = await send(parts, conversation_id=None, content="One")
        parts.model.fail(GenerationFailed(FailureReason.TIMEOUT), "half")
        await parts.guidance.wait_for_end(ADA, first.reply_id)
        again = await parts.guidance.regenerate(ADA, first.reply_id, idempotency_key="again")
        assert (again.message_id, again.conversation_id) == (
            first.message_id,
            first.conversation_id,
        )
        parts.model.end("First")
        await parts.guidance.wait_for_end(ADA, again.reply_id)
        better = await parts.guidance.regenerate(ADA, first.message_id, idempotency_key="more")
        parts.model.end("Second")
        await parts.guidance.wait_for_end(ADA, better.reply_id)
        last = await send(parts, key="2", conversation_id=first.conversation_id, content="Two")
        parts.model.end("Third")
        await parts.guidance.wait_for_end(ADA, last.reply_id)
        prompted = [(one.role, one.content) for one in parts.model.prompts[-1][1:]]
        assert prompted == [(Role.USER, "One"), (Role.ASSISTANT, "Second"), (Role.USER, "Two")]
        assert [len(prompt) for prompt in parts.model.prompts] == [2, 2, 2, 4]
        assert {prompt[1].content for prompt in parts.model.prompts} == {"One"}
        assert await used(parts, ADA) == 3 + 3


Regenerate = Callable[[Instance, Exchange], Awaitable[Exchange]]


async def _while_written(parts: Instance, exchange: Exchange) -> Exchange:
    return await parts.guidance.regenerate(ADA, exchange.reply_id, idempotency_key="again")


async def _foreign(parts: Instance, _exchange: Exchange) -> Exchange:
    return await parts.guidance.regenerate(ADA, GRACES_MESSAGE, idempotency_key="again")


async def _other_input(parts: Instance, exchange: Exchange) -> Exchange:
    return await parts.guidance.regenerate(ADA, exchange.reply_id, idempotency_key="key")


@pytest.mark.parametrize(
    ("regenerate", "refusal"),
    [
        (_while_written, Conflict),
        (_foreign, NotFound),
        (_other_input, IdempotencyKeyReused),
    ],
)
async def test_what_cannot_be_answered_again(
    own_world: str, regenerate: Regenerate, refusal: type[Refusal]
) -> None:
    async with instance(own_world) as parts:
        exchange = await send(parts)
        with pytest.raises(refusal):
            await regenerate(parts, exchange)
        assert await parts.value("SELECT count(*) FROM idempotency_keys") == 1
        assert await used(parts, ADA) == 4
