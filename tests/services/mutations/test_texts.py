"""Short texts: what people write is accepted, and cut where they would cut it."""

import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from services.conversations.rules import LONGEST_TITLE, UNTITLED, checked_title, title_from
from services.mutations.refusals import InvalidInput
from services.mutations.texts import excerpt, is_short_text, long_text, short_text

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
WRITTEN = [
    "\U0001f469\u200d\U0001f4bb work",
    "می\u200cخواهم",  # noqa: RUF001 - as people write
    "東京\u3000旅行",
    "Que faire\u00a0?",
    "Que faire\u202f?",
    "क\u094d\u200dष और क\u094d\u200cष",
    "שלום\u200f!",
    "\u061cمرحبا",  # noqa: RUF001 - as people write
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "e\u0301te\u0301",
    "soft\u00adhyphen",
    "word\u2060joiner",
    "call \u202a+1 555 0100\u202c",
    "call \u202d+1 555 0100\u202c",
    "\u2068שלום\u2069 and more",  # noqa: RUF001 - as people write
    "\u2067\u202aa\u202c\u2069",
    "\ue000 private",
    "\U0001fae9 newer than any table",
    "\U0002f800",
    "Tom & Jerry <b>",
    "'; DROP TABLE--",
]
NOT_A_LINE = [
    "a\nb",
    "a\r\nb",
    "a\tb",
    "a\0b",
    "a\x1bb",
    "a\x7fb",
    "a\x85b",
    "a\u2028b",
    "a\u2029b",
    "a\ud83d",
    "\udc69b",
    "a\u202eb",
    "a\u2067b",
    "a\u202cb",
    "a\u2069b",
    "\u202aa\u2069",
    "\u2067\u202aa\u2069\u202c",
    "",
    " ",
    "\u3000\u00a0",
    "\u200d",
    "\u200b \u200c",
    "\u202a\u202c",
    "\ufe0f",
    "\u3164",
    "\u115f\u1160",
    "\u034f",
    "\u2800",
    "\U000e0101",
]


def checked(text: str) -> str:
    return short_text(text, field="f", name="It", longest=100)


@pytest.mark.parametrize("text", WRITTEN, ids=ascii)
def test_what_people_write_is_kept_as_it_is(text: str) -> None:
    assert checked(f" {text}\u3000\n") == text
    assert checked_title(text) == text
    assert is_short_text(text, 100), "as a key too"


@pytest.mark.parametrize("text", NOT_A_LINE, ids=ascii)
def test_what_is_no_line_to_see_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="It is one line of 1 to 100 characters") as refused:
        checked(text)
    assert refused.value.field == "f"


def test_a_length_is_counted_in_characters_as_the_database_counts_them() -> None:
    family = FAMILY * 17
    assert len(family) == 119
    assert checked_title(family) == family
    with pytest.raises(InvalidInput):
        checked_title(FAMILY * 18)
    assert checked_title("é" * LONGEST_TITLE) == "é" * LONGEST_TITLE


@given(st.text())
def test_what_is_accepted_can_be_stored_and_is_one_line(text: str) -> None:
    try:
        accepted = checked(text)
    except InvalidInput:
        return
    assert len(accepted.splitlines()) == 1
    assert "\0" not in accepted
    assert accepted.encode().decode() == accepted
    assert checked(accepted) == accepted
    assert 1 <= len(accepted) <= 100


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=100))
def test_letters_marks_digits_and_signs_of_any_script_are_accepted(text: str) -> None:
    assert checked(text) == text


@given(st.text(), st.integers(1, 70))
def test_a_beginning_is_a_short_text_or_empty(text: str, longest: int) -> None:
    cut = excerpt(text, longest)
    assert len(cut) <= longest + 1
    if cut:
        assert short_text(cut, field="f", name="It", longest=longest + 1) == cut


@given(
    st.lists(st.sampled_from(["a", " ", FAMILY, "e\u0301", "क\u094d\u200dष", "\u3000", "\n"])).map(
        "".join
    )
)
def test_a_beginning_ends_between_grapheme_clusters(text: str) -> None:
    cut = excerpt(text, 40)
    line = " ".join(text.replace("\n", " ").split(" ")).strip()
    whole = [one for one in regex.findall(r"\X", line) if one != " "]
    kept = [one for one in regex.findall(r"\X", cut.removesuffix("…")) if one != " "]
    assert kept == whole[: len(kept)]


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("Hello", "Hello"),
        ("  Two\n\n lines\t of it ", "Two lines of it"),
        ("word " * 20, f"{'word ' * 12}".rstrip() + "…"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 60 + "…"),
        (f"{'x' * 60} y", "x" * 60 + "…"),
        (FAMILY * 10, FAMILY * 8 + "…"),
        ("é" * 61, "é" * 60 + "…"),
        ("e\u0301" * 40, "e\u0301" * 30 + "…"),
        ("東京\u3000" * 30, "東京\u3000" * 19 + "東京…"),
        (f"{'x' * 30} {'y' * 20}\u00a0{'z' * 20}", "x" * 30 + "…"),
        ("\u202eevil\u2067", "evil"),
        ("a\0b\u2028c", "a b c"),
        ("a" + "\u0301" * 100, "a" + "\u0301" * 59 + "…"),
        ("", UNTITLED),
        ("\n\u200d\u202e", UNTITLED),
    ],
)
def test_titles_made_from_messages(content: str, title: str) -> None:
    assert title_from(content) == title
    assert checked_title(title) == title


@pytest.mark.parametrize("text", ["a\nb", "a\tb\r\n\x1bc", "\u202ea", *WRITTEN])
def test_a_long_text_has_lines_and_whatever_can_be_stored(text: str) -> None:
    assert long_text(text, field="f", name="It", longest=100) == text.strip()


@pytest.mark.parametrize("text", ["a\0b", "\ud83d", "", " \n", "x" * 101])
def test_a_long_text_that_cannot_be_stored(text: str) -> None:
    with pytest.raises(InvalidInput):
        long_text(text, field="f", name="It", longest=100)


def test_new_characters_need_no_newer_python() -> None:
    unassigned = "\U0001faff"
    assert unicodedata.category(unassigned) in {"Cn", "So"}
    assert checked(unassigned) == unassigned
