"""A model that refuses a prompt as too long is asked with less of it."""

from clients.llm import FailureReason, PromptMessage, Role
from clients.llm.context.fitting_model import FittingModel
from clients.llm.context.window import TokenWindow
from tests.clients.llm.model_calls import ask, connected
from tests.fixtures.outside.llm import StandInControl

LONG = [
    PromptMessage(Role.SYSTEM, "Be brief."),
    *(PromptMessage(Role.USER, f"{number} and so on", is_optional=True) for number in range(60)),
    PromptMessage(Role.USER, "And then?"),
]


async def test_a_refused_prompt_is_asked_again_with_less(stand_in: StandInControl) -> None:
    stand_in.behave(context_tokens=200)
    window = TokenWindow(100_000, 1_000)
    async with connected(stand_in.url) as model:
        answer = await ask(FittingModel(model, window), LONG)
        assert (answer.reason, answer.report.attempts) == (None, 3)
        lengths = [len(prompt) for prompt in stand_in.prompts()]
        assert lengths == sorted(lengths, reverse=True)
        assert lengths[0] == 62
        assert stand_in.prompts()[-1][0]["role"] == "system"
        assert stand_in.prompts()[-1][-1]["content"] == "And then?"
        # It takes nothing from prompts that are less than half of what is configured.
        assert window.room == 49_500
        assert (await ask(FittingModel(model, window), LONG)).report.attempts == 3


async def test_a_prompt_that_is_too_long_as_it_must_be_fails(stand_in: StandInControl) -> None:
    stand_in.behave(context_tokens=1)
    async with connected(stand_in.url) as model:
        answer = await ask(FittingModel(model, TokenWindow(100_000, 1_000)))
        assert (answer.reason, answer.report.attempts) == (FailureReason.CONTEXT_TOO_LONG, 1)
        tiny = FittingModel(model, TokenWindow(256, 250))
        answer = await ask(tiny)
        assert (answer.reason, answer.report.attempts) == (FailureReason.CONTEXT_TOO_LONG, 0)


async def test_what_the_model_counts_decides_what_the_next_prompt_has(
    stand_in: StandInControl,
) -> None:
    window = TokenWindow(1_000, 100)
    async with connected(stand_in.url) as model:
        fitting = FittingModel(model, window)
        await ask(fitting, LONG)
        stand_in.behave(usage_prompt_tokens=8_000)
        await ask(fitting, LONG)
        await ask(fitting, LONG)
    first, second, third = [len(prompt) for prompt in stand_in.prompts()]
    assert (first, second) == (62, 62)
    assert third < 31
