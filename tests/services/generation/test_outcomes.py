"""What is only reported never costs the reply."""

from collections.abc import AsyncGenerator, Sequence

import pytest

from clients.llm import (
    ALONE,
    FailureReason,
    GenerationFailed,
    GenerationReport,
    PromptMessage,
    TimeShare,
)
from streams import Delta
from tests.fixtures.stores.postgres import run
from tests.fixtures.stores.world import ADA
from tests.services.guidance.chat_instances import instance, recover
from tests.services.guidance.exchanges import ledger_of, send
from tests.services.metered import metered_instances as metered


class BoastfulModel:
    """Says that it has read more than any column has a place for."""

    async def generate(
        self,
        _messages: Sequence[PromptMessage],
        report: GenerationReport,
        _time: TimeShare = ALONE,
    ) -> AsyncGenerator[str, None]:
        report.attempts += 1
        yield "Hello!"
        report.prompt_tokens, report.completion_tokens = 2**63, -(2**63)


async def test_numbers_that_cannot_be_stored_are_left_out(own_world: str) -> None:
    async with instance(own_world, model=BoastfulModel()) as parts:
        exchange = await send(parts)
        ended = await parts.guidance.wait_for_end(ADA, exchange.reply_id)
        assert (ended["status"], ended["content"]) == ("complete", "Hello!")
        assert (ended["attempts"], ended["prompt_tokens"]) == (1, None)
        assert await ledger_of(parts, exchange) == [("reserve", 1), ("settle", 0)]


async def test_a_company_gets_its_reply_as_well(own_world: str) -> None:
    async with metered.instance(own_world, BoastfulModel()) as parts:
        reply = await parts.generate()
        assert (reply["status"], reply["content"]) == ("complete", "Hello!")
        assert reply["completion_tokens"] is None
        assert await parts.used() == 8


@pytest.mark.parametrize("seconds", [2**31, 10**12])
async def test_a_wait_beyond_the_calendar_is_left_out(own_world: str, seconds: int) -> None:
    failure = GenerationFailed(FailureReason.UNAVAILABLE, retry_after_seconds=seconds)

    async with instance(own_world) as parts:
        exchange = await send(parts)
        parts.model.fail(failure, "Half")
        ended = await parts.guidance.wait_for_end(ADA, exchange.reply_id)
        assert (ended["status"], ended["content"]) == ("failed", "Half")
        assert await ledger_of(parts, exchange) == [("reserve", 1), ("release", -1)]
        assert await recover(parts) == 0


REFUSE_ONE_HANDOVER = """
CREATE SEQUENCE refusals;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF nextval('refusals') <= 1 THEN
    RAISE EXCEPTION 'a fault' USING ERRCODE = 'internal_error';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER refuse BEFORE UPDATE ON reply_generations FOR EACH ROW
  WHEN (NEW.owner = '00000000-0000-0000-0000-000000000000') EXECUTE FUNCTION refuse();
"""
REFUSE_TWICE = """
CREATE SEQUENCE refusals;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.status = 'complete' AND nextval('refusals') <= 2 THEN
    RAISE EXCEPTION 'not now' USING ERRCODE = 'deadlock_detected';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER refuse BEFORE UPDATE ON chat_messages FOR EACH ROW EXECUTE FUNCTION refuse();
"""


async def test_a_record_that_is_refused_now_and_then_is_made_again(own_world: str) -> None:
    async with instance(own_world, lease_seconds=0.5) as parts:
        await run(own_world, REFUSE_TWICE)
        exchange = await send(parts)
        parts.model.end("Hello!")
        ended = await parts.guidance.wait_for_end(ADA, exchange.reply_id)
        assert (ended["status"], ended["content"]) == ("complete", "Hello!")
        assert await ledger_of(parts, exchange) == [("reserve", 1), ("settle", 0)]
        assert await parts.value("SELECT last_value FROM refusals") == 3


async def test_a_handover_that_is_refused_once_is_no_end(own_world: str) -> None:
    async with instance(own_world) as others:
        async with instance(own_world) as parts:
            await run(own_world, REFUSE_ONE_HANDOVER)
            exchange = await send(parts)
            parts.model.say("Good ")
            events = parts.guidance.follow(ADA, exchange.reply_id, after=0)
            assert await anext(events) == Delta(1, "Good ")
            await events.aclose()
        assert await others.value("SELECT last_value FROM refusals") == 2
        others.model.end("day!")
        ended = await others.guidance.wait_for_end(ADA, exchange.reply_id)
        assert (ended["status"], ended["content"]) == ("complete", "Good day!")
        assert await ledger_of(others, exchange) == [("reserve", 1), ("settle", 0)]
