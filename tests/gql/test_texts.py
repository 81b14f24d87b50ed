"""Ids, cursors, instants and days: read back as written, and anything else refused cleanly."""

import struct
from base64 import urlsafe_b64encode
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.keyset import Position
from gql.errors import BadUserInput
from gql.schema.scalars import format_instant, parse_day, parse_instant
from gql.values.cursors import decode_cursor, encode_cursor
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


@given(instants, keys)
def test_a_cursor_is_read_back(at: datetime, key: int) -> None:
    assert decode_cursor("list", encode_cursor("list", at, key)) == Position(at, key)


@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]{32}", fullmatch=True))
def test_other_text_is_no_cursor(text: str) -> None:
    with pytest.raises(BadUserInput):
        decode_cursor("list", text)


@given(st.integers(0, 31), st.sampled_from("ABCabc012_-"))
def test_a_cursor_with_a_changed_character(place: int, character: str) -> None:
    cursor = encode_cursor("list", NOW, 7)
    changed = cursor[:place] + character + cursor[place + 1 :]
    if changed != cursor:
        with pytest.raises(BadUserInput):
            decode_cursor("list", changed)


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
def test_a_cursor_that_somebody_made(microseconds: int, key: int) -> None:
    place = struct.pack(">qq", microseconds, key)
    checksum = blake2b(place, digest_size=8, key=b"list").digest()
    made = urlsafe_b64encode(place + checksum).decode()
    try:
        position = decode_cursor("list", made)
    except BadUserInput:
        assert not -62_135_596_800_000_000 <= microseconds < 253_402_300_800_000_000
    else:
        assert position.id == key


def test_a_cursor_of_another_list() -> None:
    with pytest.raises(BadUserInput):
        decode_cursor("other", encode_cursor("list", NOW, 7))


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
