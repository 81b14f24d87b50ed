"""Ids, cursors, instants and days: read back as written, and anything else refused cleanly."""

import re
from base64 import b64encode
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from db.page import Position
from gql.errors import BadUserInput
from gql.schema.scalars import format_instant, parse_day, parse_instant
from gql.values.cursors import cursor_of_row, decode_cursor, encode_cursor
from gql.values.ids import global_id, parse_global_id

keys = st.integers(1, 2**63 - 1)
instants = st.datetimes(timezones=st.just(UTC))
NOW = datetime(2026, 2, 20, 9, 30, tzinfo=UTC)


@given(st.sampled_from(["User", "Message"]), keys)
def test_an_id_is_read_back(type_name: str, key: int) -> None:
    assert parse_global_id(global_id(type_name, key)) == (type_name, key)


@given(st.text())
def test_other_text_is_no_id(text: str) -> None:
    with pytest.raises(BadUserInput):
        parse_global_id(text)


LIST = "messages:7"
DIGITS = [0, 1, 10, 120, 123_000, 123_456, 500_000, 999_999]
"""Microseconds that PostgreSQL writes with 0 to 6 digits of a second."""


def refused(text: str) -> bool:
    """Whether a text is no cursor of the list; one that is says its position as we write it."""
    try:
        position = decode_cursor(LIST, text)
    except BadUserInput:
        return True
    assert encode_cursor(LIST, *position) == text
    assert 0 < position.id < 2**63
    return False


def encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


@given(instants | st.builds(datetime.replace, instants, microsecond=st.sampled_from(DIGITS)), keys)
@example(datetime(1, 1, 1, tzinfo=UTC), 1)
@example(datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), 2**63 - 1)
def test_a_cursor_is_read_back(at: datetime, key: int) -> None:
    assert decode_cursor(LIST, encode_cursor(LIST, at, key)) == Position(at, key)


@given(
    instants | st.builds(datetime.replace, instants, microsecond=st.sampled_from(DIGITS)),
    keys,
    st.integers(1, 2**63 - 1),
)
def test_the_cursor_of_a_row_is_that_of_its_position(at: datetime, key: int, parent: int) -> None:
    row = {"id": key, "parent_id": parent, "created_at": f'"{as_postgresql_has_it(at)}"'}
    scope = f"messages:{parent}"
    assert cursor_of_row("messages", "created_at", row) == encode_cursor(scope, at, key)


def as_postgresql_has_it(at: datetime) -> str:
    """An instant in UTC in PostgreSQL's JSON, which leaves out the zeros at the end of a second."""
    second, fraction = f"{at:%m-%dT%H:%M:%S}", f"{at.microsecond:06}".rstrip("0")
    return f"{at.year:04}-{second}.{fraction}" if fraction else f"{at.year:04}-{second}"


@given(
    st.text()
    | st.from_regex(r"[A-Za-z0-9+/]{32}", fullmatch=True)
    | st.text(alphabet=st.characters(codec="utf-8")).map(encoded)
    | st.text(alphabet="0123456789|:-.TZ+ messages").map(encoded)
)
def test_other_text_is_no_cursor(text: str) -> None:
    assert refused(text)


@given(instants, keys, st.integers(0, 100), st.sampled_from(list("ABCabc012+/=_-\né\0")))
def test_a_changed_cursor_is_none_or_another_position_as_we_write_it(
    at: datetime, key: int, place: int, character: str
) -> None:
    cursor = encode_cursor(LIST, at, key)
    place %= len(cursor)
    changed = cursor[:place] + character + cursor[place + 1 :]
    if changed != cursor and not refused(changed):
        assert decode_cursor(LIST, changed) != Position(at, key)


@given(
    st.sampled_from([LIST, "messages:8", "messages", "conversations:7", "", "messages:7 "]),
    instants.map(as_postgresql_has_it)
    | st.sampled_from(
        [
            "2026-02-20",
            "2026-02-20T09",
            "2026-02-20T09:30",
            "2026-02-20 09:30:00",
            "2026-02-20T09:30:00.0",
            "2026-02-20T09:30:00.50",
            "2026-02-20T09:30:00Z",
            "2026-02-20T09:30:00+01:00",
            "2026-W08-5",
            "20260220T093000",
            "0001-01-01T00:00:00 BC",
            "10000-01-01T00:00:00",
            "0000-01-01T00:00:00",
            "infinity",
            "",
        ]
    ),
    st.integers(-(2**64), 2**64).map(str)
    | st.sampled_from(["", "+7", "07", " 7", "7 ", "7_0", "\u0667", "7.0", "9" * 5_000]),
)
def test_a_cursor_that_somebody_made(scope: str, at: str, number: str) -> None:
    """It is one where it says what ours say, in the form in which ours say it."""
    made = encoded(f"{scope}|{at}|{number}")
    is_number = re.fullmatch("[1-9][0-9]*", number) is not None and int(number[:30]) < 2**63
    is_instant = re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,5}[1-9])?", at) is not None
    is_ours = scope == LIST and is_number and is_instant and not at.startswith("0000")
    assert refused(made) is not is_ours


@pytest.mark.parametrize(
    "made",
    [
        encode_cursor(LIST, NOW, 7) + "=",
        encode_cursor(LIST, NOW, 7)[:-1],
        encode_cursor(LIST, NOW, 7) + "\n",
        " " + encode_cursor(LIST, NOW, 7),
        encode_cursor(LIST, NOW, 7).lower(),
        encoded(f"{LIST}|2026-02-20T09:30:00|7|"),
        encoded(f"|{LIST}|2026-02-20T09:30:00|7"),
        encoded("9" * 5_000),
        "9" * 5_000,
        "\ud800",
    ],
)
def test_what_is_almost_a_cursor(made: str) -> None:
    assert refused(made)


def test_a_cursor_of_another_list() -> None:
    for other in ("messages:8", "messages:77", "messages", "conversations:7"):
        with pytest.raises(BadUserInput):
            decode_cursor(other, encode_cursor(LIST, NOW, 7))


@given(instants)
def test_an_instant_is_read_back(instant: datetime) -> None:
    assert parse_instant(format_instant(instant)) == instant


@given(st.dates())
def test_a_day_is_read_back(day: date) -> None:
    assert parse_day(day.isoformat()) == day


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-02-20T09:30:00Z", NOW),
        ("2026-02-20t09:30:00z", NOW),
        ("2026-02-20T10:30:00+01:00", NOW),
        ("2026-02-19T23:30:00-10:00", NOW),
        ("2026-02-20T09:30:00.5Z", NOW + timedelta(milliseconds=500)),
        ("2026-02-20T09:30:00.000001Z", NOW + timedelta(microseconds=1)),
    ],
)
def test_instants_as_clients_write_them(text: str, instant: datetime) -> None:
    assert parse_instant(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-02-20",
        "2026-02-20T09:30:00",
        "2026-02-20 09:30:00Z",
        "2026-02-30T09:30:00Z",
        "2026-02-20T25:00:00Z",
        "2026-02-20T23:59:60Z",
        "2026-02-20T09:30:00.0000001Z",
        "2026-02-20T09:30:00+25:00",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "2026-02-20T09:30:00Z\n",
        20260220,
        None,
    ],
)
def test_what_is_no_instant(text: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_instant(text)


@given(st.text() | st.integers() | st.none())
def test_other_things_are_neither(thing: object) -> None:
    for parse in (parse_instant, parse_day):
        with pytest.raises(ValueError, match=r"."):
            parse(thing)
