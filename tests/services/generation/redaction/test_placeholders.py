"""Nothing that names somebody leaves, and everything comes back, however the reply arrives."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.generation.redaction.placeholders import Placeholders, redact

digits = st.text("0123456789", min_size=1)


def _with_luhn(body: str) -> str:
    return next(
        body + check
        for check in "0123456789"
        if sum(
            sum(divmod(2 * int(digit), 10)) if index % 2 else int(digit)
            for index, digit in enumerate(reversed(body + check))
        )
        % 10
        == 0
    )


def _iban(account: str) -> str:
    check = 98 - int(account + "131400") % 97
    return f"DE{check:02}{account}"


def _in_groups(number: str, separator: str) -> str:
    return separator.join(number[start : start + 4] for start in range(0, len(number), 4))


separators = st.sampled_from(["", " ", "-"])
emails = st.from_regex(r"[a-z][a-z0-9._+]{0,10}[a-z]@[a-z]{1,9}(\.[a-z]{2,5}){1,2}", fullmatch=True)
cards = st.builds(
    _in_groups,
    st.from_regex(r"[3-6][0-9]{14}", fullmatch=True).map(_with_luhn),
    separators,
)
ibans = st.builds(
    _in_groups, st.from_regex(r"[0-9]{18}", fullmatch=True).map(_iban), st.sampled_from(["", " "])
)
phones = st.from_regex(
    r"\+[1-9][0-9]{1,2} [0-9]{2,4}[ /-][0-9]{5,7}|\([2-9][0-9]{2}\) 555-[0-9]{4}", fullmatch=True
)
identifiers = st.one_of(emails, cards, ibans, phones)
likenesses = st.from_regex(r"\[(EMAIL|PHONE|CARD|IBAN)_[1-3]\]?", fullmatch=True)
plain = st.one_of(st.text(max_size=20), likenesses, st.sampled_from(["[", "]", "[[EMAIL_1"]))
sentences = st.lists(st.one_of(plain, identifiers), max_size=8).map(" ".join)
conversations = st.lists(sentences, max_size=4)


def restored(placeholders: Placeholders, pieces: Sequence[str]) -> str:
    restorer = placeholders.restorer()
    return "".join(map(restorer.feed, pieces)) + restorer.end()


def cut(text: str, places: Sequence[int]) -> list[str]:
    ends = sorted({min(place, len(text)) for place in places} | {len(text)})
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def test_the_same_original_has_the_same_placeholder() -> None:
    redacted, placeholders = redact(
        ["I am maya@example.com.", "Ask max@example.com, not maya@example.com: +49 30 1234567."]
    )
    assert redacted == ("I am [EMAIL_1].", "Ask [EMAIL_2], not [EMAIL_1]: [PHONE_1].")
    assert placeholders.originals == {
        "[EMAIL_1]": "maya@example.com",
        "[EMAIL_2]": "max@example.com",
        "[PHONE_1]": "+49 30 1234567",
    }


def test_what_somebody_wrote_is_not_taken_for_a_placeholder() -> None:
    redacted, placeholders = redact(["What is [EMAIL_1]? I am maya@example.com.", "[EMAIL_2]"])
    assert redacted == ("What is [EMAIL_1]? I am [EMAIL_3].", "[EMAIL_2]")
    reply = "[EMAIL_1] [EMAIL_2] [EMAIL_3] [EMAIL_4] [PHONE_1]"
    assert restored(placeholders, [reply]) == (
        "[EMAIL_1] [EMAIL_2] maya@example.com [EMAIL_4] [PHONE_1]"
    )


def test_only_what_may_become_a_placeholder_is_held_back() -> None:
    restorer = redact(["maya@example.com"])[1].restorer()
    fed = ["Hi [", "EMA", "IL_1", "], [EMAIL_2", " [x [", "[EMAIL_1]", " [EM"]
    assert [restorer.feed(piece) for piece in fed] == [
        "Hi ",
        "",
        "",
        "maya@example.com, [EMAIL_2",
        " [x ",
        "[maya@example.com",
        " ",
    ]
    assert restorer.end() == "[EM"
    assert restorer.end() == ""


def test_without_identifiers_nothing_is_held_back() -> None:
    redacted, placeholders = redact(["Nothing [here"])
    assert redacted == ("Nothing [here",)
    restorer = placeholders.restorer()
    assert [restorer.feed(piece) for piece in ("[", "EMAIL_1", "]")] == ["[", "EMAIL_1", "]"]
    assert restorer.end() == ""


@pytest.mark.heavy
@given(conversations, st.lists(st.integers(0, 200)))
def test_everything_comes_back_however_it_is_cut(texts: list[str], places: list[int]) -> None:
    redacted, placeholders = redact(texts)
    for text, original in zip(redacted, texts, strict=True):
        assert restored(placeholders, cut(text, places)) == original


@pytest.mark.heavy
@given(conversations, st.text("[]_EMAILPHON12 ", max_size=60), st.lists(st.integers(0, 60)))
def test_cuts_make_no_difference_to_any_reply(
    texts: list[str], reply: str, places: list[int]
) -> None:
    _, placeholders = redact([*texts, "maya@example.com", "+49 30 1234567"])
    assert restored(placeholders, cut(reply, places)) == restored(placeholders, [reply])


@pytest.mark.heavy
@pytest.mark.parametrize(
    "kind", [emails, cards, ibans, phones], ids=["emails", "cards", "ibans", "phones"]
)
def test_nothing_that_names_somebody_leaves(kind: st.SearchStrategy[str]) -> None:
    @given(kind, plain, plain)
    def check(identifier: str, before: str, after: str) -> None:
        redacted, _ = redact([f"{before} {identifier} {after}"])
        assert identifier not in redacted[0]

    check()


@given(
    st.lists(
        st.one_of(st.integers(0, 9_999_999).map(str), st.dates().map(str), st.times().map(str))
    )
)
def test_ordinary_numbers_are_not_redacted(numbers: list[str]) -> None:
    text = ", ".join(numbers)
    assert redact([text])[0] == (text,)
