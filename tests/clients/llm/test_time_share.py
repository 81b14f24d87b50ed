"""How long a model may be silent, where others can be asked after it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from clients.llm import FailureReason, GenerationFailed, GenerationReport, LanguageModel, TimeShare
from tests.clients.llm.model_calls import PIECES, PROMPT, TEXT, TOKENS, connected
from tests.fixtures.outside.llm import StandInControl

LEFT_SECONDS = 1.0


@pytest.fixture
async def model(stand_in: StandInControl) -> AsyncIterator[LanguageModel]:
    stand_in.behave(tokens=TOKENS)
    async with connected(stand_in.url) as model:
        yield model


async def ask(model: LanguageModel, models_left: int) -> tuple[str, FailureReason | None, float]:
    """What it says and why it fails, with a second left, and how much of that it took."""
    now = asyncio.get_running_loop().time
    began, said, reason = now(), "", None
    time = TimeShare(began + LEFT_SECONDS, models_left)
    try:
        async with aclosing(model.generate(PROMPT, GenerationReport("m"), time)) as pieces:
            async for piece in pieces:
                said += piece
    except GenerationFailed as failure:
        reason = failure.reason
    return said, reason, now() - began


@pytest.mark.parametrize(("models_left", "share"), [(1, 1.0), (2, 0.5), (4, 0.25)])
@pytest.mark.parametrize("after", [0, 3])
async def test_silence_lasts_for_a_share_of_what_is_left(
    model: LanguageModel, stand_in: StandInControl, models_left: int, share: float, after: int
) -> None:
    stand_in.behave(hang_after=after)
    said, reason, seconds = await ask(model, models_left)
    assert (said, reason) == ("".join(PIECES[:after]), FailureReason.TIMEOUT)
    assert share * 0.9 < seconds < share + 0.6


async def test_a_whole_reply_is_whole_however_little_time_is_left(
    model: LanguageModel, stand_in: StandInControl
) -> None:
    """The time for what follows the last text is no silence of the model's."""
    assert (await ask(model, 4))[:2] == (TEXT, None)
    stand_in.behave(tokens_per_second=60)
    assert (await ask(model, 3))[:2] == (TEXT, None)


async def test_without_any_time_nobody_is_asked_for_long(
    model: LanguageModel, stand_in: StandInControl
) -> None:
    stand_in.behave(hang_after=0)
    now = asyncio.get_running_loop().time()
    with pytest.raises(GenerationFailed) as failed:
        await anext(model.generate(PROMPT, GenerationReport("m"), TimeShare(now - 1, 2)))
    assert failed.value.reason is FailureReason.TIMEOUT
