"""Text that comes in pieces is joined before it is cleaned."""

from collections.abc import AsyncGenerator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.llm import (
    ALONE,
    FailureReason,
    GenerationFailed,
    GenerationReport,
    PromptMessage,
    Role,
    TimeShare,
)
from services.generation.text_generation import LONGEST_TEXT, TextSanitizer, generate_text


def cleaned(pieces: list[str]) -> str:
    storable = TextSanitizer()
    given_ = [storable.feed(piece) for piece in pieces]
    return "".join((*given_, storable.end()))


def test_the_halves_of_one_character_may_come_in_two_pieces() -> None:
    assert cleaned(["Good ", "\ud83d", "\ude00", " day"]) == "Good 😀 day"
    assert cleaned(["\ud83d", "", "\0", "\ude00"]) == "😀"


def test_a_half_alone_becomes_a_question_mark() -> None:
    assert cleaned(["a\ud83d", "b", "\ude00c", "\ud83d"]) == "a?b?c?"
    assert cleaned(["\ud83d", "\ud83d", "\ude00"]) == "?😀"


def test_nothing_is_held_back_that_is_certain() -> None:
    storable = TextSanitizer()
    assert storable.feed("a😀") == "a😀"
    assert storable.feed("b\ud83d") == "b"


class EchoingModel:
    """Repeats, very often, what stands for an address."""

    async def generate(
        self,
        messages: Sequence[PromptMessage],
        _report: GenerationReport,
        _time: TimeShare = ALONE,
    ) -> AsyncGenerator[str, None]:
        assert messages[-1].content == "[EMAIL_1]"
        for _ in range(1_000):
            yield "[EMAIL_1]"


async def test_what_is_put_back_makes_no_text_without_end() -> None:
    address, added = f"{'a' * 7_000}@example.com", list[str]()
    prompt = [PromptMessage(Role.USER, address)]
    generating = generate_text(EchoingModel(), prompt, GenerationReport("a model"), added.append)
    with pytest.raises(GenerationFailed) as failed:
        await generating
    assert failed.value.reason is FailureReason.TOO_LONG
    assert "".join(added) == (address * 1_000)[:LONGEST_TEXT]


_CHARACTERS = st.characters(categories=None) | st.sampled_from("\0\ud83d\ude00\udbff\udfff")


@given(st.lists(st.text(_CHARACTERS, max_size=5)))
def test_however_it_is_split_the_text_is_the_same_and_can_be_stored(pieces: list[str]) -> None:
    text = cleaned(pieces)
    assert text == cleaned(["".join(pieces)]) == cleaned(list("".join(pieces)))
    assert text.encode().decode() == text
    assert "\0" not in text
