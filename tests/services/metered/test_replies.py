"""Metered replies: the same again to the same key, counted once, and kept as long as their keys."""

import asyncio
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from clients.llm import FailureReason, GenerationFailed
from services.metered.rules import INSTRUCTIONS, prompt, validated_question
from services.metered.service import delete_old_texts
from services.mutations.idempotency import RETENTION, IdempotencyKeyReused
from services.mutations.refusals import Conflict, InvalidInput
from tests.fixtures.stores.world import ADAS_COMPANY, NOW
from tests.services.guidance.chat_instances import ScriptedModel, until
from tests.services.metered.metered_instances import (
    ADAS_CLIENT,
    QUESTION,
    PromptModel,
    instance,
)


async def test_a_question_is_answered_and_its_generation_reported(own_world: str) -> None:
    model = ScriptedModel()
    async with instance(own_world, model) as parts:
        model.end("Merge ", "them\0.")
        reply = await parts.generate()
        assert (reply["status"], reply["content"]) == ("complete", "Merge them.")
        assert (reply["model"], reply["attempts"]) == ("scripted", 1)
        assert (reply["prompt_tokens"], reply["completion_tokens"]) == (11, 22)
        assert reply["latency_ms"] >= 0
        assert await parts.used() == 8
        (requested,) = model.prompts
        assert requested == list(prompt(QUESTION))


async def test_the_same_key_gives_the_same_reply_on_any_instance_and_counts_nothing(
    own_world: str,
) -> None:
    one_model, other_model = PromptModel(), PromptModel()
    async with instance(own_world, one_model) as one, instance(own_world, other_model) as other:
        replies = await asyncio.gather(*(parts.generate() for parts in (one, other) * 10))
        assert len({reply["content"] for reply in replies}) == 1
        assert one_model.requested + other_model.requested == 1
        assert await one.used() == 8
        with pytest.raises(IdempotencyKeyReused):
            await other.generate(objective="Have three.")
        assert await one.used() == 8


async def test_a_key_is_its_companys_own(own_world: str) -> None:
    model = PromptModel()
    async with instance(own_world, model) as parts:
        await parts.generate(objective="Ours.")
        reply = await parts.generate(client=ADAS_CLIENT, objective="Theirs.")
        assert reply["content"].endswith("Theirs.")
        assert await parts.used(ADAS_COMPANY) == 21
        assert model.requested == 2


async def test_a_failure_is_answered_again_too(own_world: str) -> None:
    model = ScriptedModel()
    async with instance(own_world, model) as parts:
        model.fail(GenerationFailed(FailureReason.REFUSED))
        for _ in range(2):
            assert (await parts.generate())["failure_reason"] == "refused"
        assert len(model.prompts) == 1
        assert await parts.used() == 7
        model.end("Yes.")
        assert (await parts.generate("another"))["content"] == "Yes."


async def test_a_reply_that_takes_too_long_elsewhere_is_a_conflict(own_world: str) -> None:
    model = ScriptedModel()
    async with (
        instance(own_world, model) as writing,
        instance(own_world, model, wait_timeout_seconds=0.05) as waiting,
    ):
        asking = asyncio.create_task(writing.generate())
        await until(lambda: model.prompts)
        with pytest.raises(Conflict) as conflict:
            await waiting.generate()
        assert conflict.value.retry_after_seconds == 1
        model.end("Done.")
        assert (await asking)["content"] == "Done."
        assert (await waiting.generate())["content"] == "Done."
        assert await waiting.used() == 8


async def test_a_reply_is_counted_while_it_is_generated_and_by_its_outcome(own_world: str) -> None:
    def counted() -> list[float]:
        labels = [{"outcome": "complete"}, {"outcome": "refused"}]
        ended = [
            REGISTRY.get_sample_value("guidance_metered_replies_ended_total", one) or 0
            for one in labels
        ]
        return [REGISTRY.get_sample_value("guidance_metered_replies_running") or 0, *ended]

    before, model = counted(), ScriptedModel()

    def added() -> list[float]:
        return [now - then for now, then in zip(counted(), before, strict=True)]

    async with instance(own_world, model) as parts:
        asking = asyncio.create_task(parts.generate("a"))
        await until(lambda: model.prompts)
        assert added() == [1, 0, 0]
        model.end("Done.")
        await asking
        model.fail(GenerationFailed(FailureReason.REFUSED))
        await parts.generate("b")
        assert added() == [0, 1, 1]


async def test_texts_are_deleted_with_their_keys_and_counts_are_kept(own_world: str) -> None:
    async with instance(own_world, PromptModel()) as parts:
        await parts.generate()
        texts = "SELECT count(*) FROM enterprise_generations WHERE content IS NOT NULL"
        async with parts.database.read_primary() as connection:
            await delete_old_texts(connection, NOW + RETENTION)
            assert await parts.value(texts) == 1
            await delete_old_texts(connection, NOW + RETENTION + timedelta(microseconds=1))
        assert await parts.value(texts) == 0
        assert await parts.value("SELECT count(*) FROM enterprise_generations") == 1


@pytest.mark.parametrize(
    ("situation", "objective", "horizon", "field"),
    [
        (" \n", "o", None, "situation"),
        ("s" * 8_001, "o", None, "situation"),
        ("s", "", None, "objective"),
        ("s", "o" * 2_001, None, "objective"),
        ("s", "o", "h" * 201, "timeHorizon"),
        ("s\0", "o", None, "situation"),
    ],
)
def test_questions_that_are_none(
    situation: str, objective: str, horizon: str | None, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        validated_question(situation, objective, horizon)
    assert refused.value.field == field


def test_how_the_model_is_called() -> None:
    system, user = prompt(validated_question(" s" + "s" * 7_998, "o\n", " a year "))
    assert system.content == INSTRUCTIONS
    assert user.content == f"Situation:\n{'s' * 7_999}\n\nObjective:\no\n\nTime horizon:\na year"
    assert "Time horizon" not in prompt(validated_question("s", "o", "  "))[1].content
