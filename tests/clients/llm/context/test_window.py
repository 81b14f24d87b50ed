"""The context window: what is left out, what is learned, and what is a mistake."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.llm import FailureReason, GenerationFailed, PromptMessage, Role
from clients.llm.context.token_estimate import TOKENS_PER_MESSAGE, TokenEstimate
from clients.llm.context.window import REMEMBERED_SECONDS, TokenWindow

SYSTEM = PromptMessage(Role.SYSTEM, "Be brief.")
QUESTION = PromptMessage(Role.USER, "And then?")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


def history(*contents: str) -> list[PromptMessage]:
    """A prompt with older messages, which may be left out."""
    older = [PromptMessage(Role.USER, content, is_optional=True) for content in contents]
    return [SYSTEM, *older, QUESTION]


def test_the_oldest_messages_are_left_out_and_the_others_never() -> None:
    window = TokenWindow(300, 100)
    prompt = history("a" * 400, "b" * 200, "c" * 200)
    kept = window.fitted(prompt)
    assert [one.content[0] for one in kept] == ["B", "b", "c", "A"]
    assert window.fitted(prompt[1:]) == tuple(prompt[2:])
    with pytest.raises(GenerationFailed) as refused:
        window.fitted([SYSTEM, PromptMessage(Role.USER, "x" * 1_000)])
    assert refused.value.reason is FailureReason.CONTEXT_TOO_LONG
    assert not window.has_room([PromptMessage(Role.USER, "x" * 1_000)])
    assert window.has_room(history("x" * 100_000))


def test_what_the_model_counts_corrects_the_estimate_for_each_kind_of_text() -> None:
    """A model that takes 4 letters of ASCII, or 2 bytes of anything else, for a token."""
    estimate = TokenEstimate()
    english, chinese = "word " * 80, "你好" * 60
    for _ in range(12):
        for text, tokens in ((english, len(english) // 4), (chinese, len(chinese.encode()) // 2)):
            estimate.learn([PromptMessage(Role.USER, text)], tokens + TOKENS_PER_MESSAGE)
    assert estimate.of_text(english) == pytest.approx(len(english) / 4 * 1.1, rel=0.06)
    assert estimate.of_text(chinese) == pytest.approx(len(chinese.encode()) / 2 * 1.1, rel=0.06)


@pytest.mark.parametrize("tokens", [0, 1, 2**31 - 1])
def test_a_count_that_cannot_be_teaches_nothing(tokens: int) -> None:
    estimate = TokenEstimate()
    before = estimate.of_text("word " * 80)
    estimate.learn([PromptMessage(Role.USER, "word " * 80)], tokens)
    estimate.learn([], tokens)
    estimate.learn([PromptMessage(Role.USER, "")], tokens)
    assert estimate.of_text("word " * 80) == before


def test_a_refused_prompt_is_shortened_and_forgotten_after_a_while() -> None:
    now = 0.0
    window = TokenWindow(600, 100, seconds=lambda: now)
    prompt = history(*(f"{number} " * 40 for number in range(9)))
    whole = window.fitted(prompt)
    assert len(whole) == 11
    window.refuse(whole)
    shorter = window.fitted(prompt)
    assert len(shorter) == 10
    window.refuse([SYSTEM, QUESTION])  # nothing could be left out
    assert window.fitted(prompt) == shorter
    now = REMEMBERED_SECONDS
    assert window.fitted(prompt) == whole


def test_refusals_leave_half_of_the_room_to_others() -> None:
    window = TokenWindow(1_000, 100, seconds=lambda: 0.0)
    prompt = history("short", "prompt")
    for _ in range(9):
        assert window.refuse(prompt) == TokenEstimate().of(prompt) * 0.9
    assert window.room == 450


@given(st.lists(TEXTS, max_size=12), st.integers(256, 2_000))
def test_what_fits_is_the_newest_in_order_and_within_the_room(texts: list[str], size: int) -> None:
    window = TokenWindow(size, size // 4)
    prompt = history(*texts)
    fitted = window.fitted(prompt)
    older = fitted[1:-1]
    assert list(older) == prompt[len(prompt) - 1 - len(older) : -1]
    assert TokenEstimate().of(fitted) <= window.room


@given(TEXTS, st.integers(-10, 2**40))
def test_an_estimate_stays_finite_whatever_is_counted(text: str, tokens: int) -> None:
    estimate = TokenEstimate()
    estimate.learn([PromptMessage(Role.USER, text)], tokens)
    assert 0 < estimate.of_text(text) <= TOKENS_PER_MESSAGE + 2.2 * len(text.encode()) + 1
