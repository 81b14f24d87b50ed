"""Where a continued text was cut: what is repeated is left out, and nothing else."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.generation.continuing import LONGEST_QUOTE, last_words
from services.generation.seam import LEAST_OVERLAP, SeamCutter, without_repetition

TEXT = "Begin with a short walk every morning. Then call a friend, and write down what was said."
FAMILY, FLAG = "👩‍👩‍👧", "🇪🇺"


@pytest.mark.parametrize(
    ("before", "continuation", "whole"),
    [
        # Nothing is repeated.
        ("Good ", "day!", "Good day!"),
        ("Good", " day!", "Good day!"),
        ("Good mor", "ning!", "Good morning!"),
        ("", "Good day!", "Good day!"),
        ("Good day!", "", "Good day!"),
        ("It is very", " very good.", "It is very very good."),
        ("ban", "ana", "banana"),
        ("ha", "ha!", "haha!"),
        ("1", "100", "1100"),
        ("天", "天好", "天天好"),
        # The last words are repeated,
        ("Go to the", "the doctor.", "Go to the doctor."),
        ("Begin with a short", "with a short walk.", "Begin with a short walk."),
        ("Begin with a short ", "with a short walk.", "Begin with a short walk."),
        ("Begin with a short ", "a  short walk.", "Begin with a short walk."),
        # the cut word is,
        ("How to beg", "begin?", "How to begin?"),
        # all is, from the beginning,
        (TEXT[:50], TEXT, TEXT),
        (TEXT[:50], f"  {TEXT}", TEXT),
        ("Yes", "Yes, of course.", "Yes, of course."),
        # or the beginning is, and then something else comes.
        (
            "Begin with a short walk every morning. Then",
            "Begin with a short walk every morning. After that, call.",
            "Begin with a short walk every morning. Then After that, call.",
        ),
        # What is said twice in the text is cut where it ends.
        ("one two, one two", "one two three", "one two, one two three"),
        # All is said.
        (TEXT, "what was said.", TEXT),
        (TEXT, TEXT, TEXT),
        # Scripts without spaces, and characters of several code points.
        ("早上散步。然后打电话", "然后打电话给朋友。", "早上散步。然后打电话给朋友。"),
        (f"We are {FAMILY[:2]}", FAMILY[2:] + "!", f"We are {FAMILY}!"),
        (f"{FLAG[:1]}", FLAG[1:], FLAG),
        ("Cafe", "\u0301 au lait", "Cafe\u0301 au lait"),
        ("Ein Caf\u00e9 au", "Cafe\u0301 au lait", "Ein Caf\u00e9 au lait"),
    ],
)
def test_seams(before: str, continuation: str, whole: str) -> None:
    assert before + without_repetition(before, continuation) == whole


def test_only_what_may_be_a_repetition_is_held_back() -> None:
    cutter = SeamCutter(TEXT)
    assert [cutter.feed(piece) for piece in ("S", "leep ", "well.")] == ["S", "leep ", "well."]
    cutter = SeamCutter(TEXT)
    assert cutter.feed("Be") == ""
    assert cutter.end() == "Be"


_ALPHABET = st.sampled_from("abc é\u0301.,\n天気👩‍👧🇪🇺")
_TEXTS = st.text(_ALPHABET, max_size=40)
_WORDS = st.lists(st.text("abcdefgh", min_size=3, max_size=8), min_size=1, max_size=12)


def _pieces(text: str, cuts: list[int]) -> list[str]:
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    return [text[start:end] for start, end in pairwise(edges)]


@given(_TEXTS, _TEXTS, st.lists(st.integers(0, 100), max_size=6))
def test_however_it_is_split_the_seam_is_the_same(
    before: str, continuation: str, cuts: list[int]
) -> None:
    cutter = SeamCutter(before)
    fed = [cutter.feed(piece) for piece in _pieces(continuation, cuts)]
    rest = without_repetition(before, continuation)
    assert "".join((*fed, cutter.end())) == rest
    # Nothing is added, and what is left is the end of what was said.
    assert continuation.endswith(rest)


@given(_WORDS, st.integers(1, 200))
def test_a_text_that_is_begun_again_is_there_once(words: list[str], cut: int) -> None:
    text = " ".join(f"{number}{word}" for number, word in enumerate(words))
    before = text[: 1 + cut % len(text)]
    if len(before.replace(" ", "")) >= LEAST_OVERLAP:
        assert before + without_repetition(before, text) == text


@given(_WORDS, st.integers(0, 200), st.integers(1, 5))
def test_last_words_are_there_once(words: list[str], cut: int, repeated: int) -> None:
    # Each word is another, so that nothing is said twice by chance.
    words = [f"{number}{word}" for number, word in enumerate(words)]
    text = " ".join(words)
    before = text[: cut % (len(text) + 1)]
    reported = before.split(" ")[-repeated:]
    tail = " ".join(reported)
    if len(tail.replace(" ", "")) >= LEAST_OVERLAP:
        continuation = tail + text[len(before) :]
        assert before + without_repetition(before, continuation) == text


@given(_WORDS, st.integers(0, 200))
def test_an_exact_continuation_is_left_as_it_is(words: list[str], cut: int) -> None:
    text = " ".join(f"{number}{word}" for number, word in enumerate(words))
    cut %= len(text) + 1
    assert without_repetition(text[:cut], text[cut:]) == text[cut:]


@given(st.text(_ALPHABET, max_size=300))
def test_last_words_are_the_end_of_the_text(text: str) -> None:
    words = last_words(text)
    assert text.rstrip().endswith(words)
    assert len(words) <= LONGEST_QUOTE


ROWS = "| one | two |\n"


@pytest.mark.parametrize("size", [1, 3, 1_000])
@pytest.mark.parametrize(
    ("before", "added"), [("Here it is: " + "ha " * 40, "ha " * 20), (ROWS * 10, ROWS * 5)]
)
def test_a_text_that_repeats_itself_goes_on_behind_the_quote_alone(
    before: str, added: str, size: int
) -> None:
    quote = last_words(before)
    cutter = SeamCutter(before, quote)
    continuation = quote + added
    pieces = [continuation[at : at + size] for at in range(0, len(continuation), size)]
    text = "".join(cutter.feed(piece) for piece in pieces) + cutter.end()
    assert text.split() == added.split()


@pytest.mark.parametrize("continuation", ["{quote} and more", "{before} and more", " and more"])
def test_a_quote_does_not_keep_other_repetitions(continuation: str) -> None:
    before = TEXT[:50]
    quote = last_words(before)
    cutter = SeamCutter(before, quote)
    text = cutter.feed(continuation.format(quote=quote, before=before)) + cutter.end()
    assert (before + text).split() == f"{before} and more".split()
