"""The text of API keys."""

import secrets
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.enterprise.keys import generate_key, key_prefix, matches, parse_key

KEY = generate_key(lambda size: bytes(range(size)))
ALPHABET = "0123456789abcdefgk_"


def test_the_shape_of_a_key() -> None:
    assert KEY.text == (
        "gk_0001020304050607_000102030405060708090a0b0c0d0e0f101112131415161784a31573"
    )
    assert KEY.key_id == "0001020304050607"
    assert key_prefix(KEY.key_id) == KEY.text[:19]
    assert KEY.secret_hash == sha256(KEY.text[20:68].encode()).digest()


@given(st.binary(min_size=24, max_size=24))
def test_a_key_is_read_back(entropy: bytes) -> None:
    key = generate_key(lambda size: entropy[:size])
    parsed = parse_key(key.text)
    assert parsed is not None
    assert parsed.key_id == key.key_id
    assert matches(parsed, key.secret_hash)


def test_two_keys_are_not_alike() -> None:
    one, other = (generate_key(secrets.token_bytes) for _ in range(2))
    parsed = parse_key(one.text)
    assert parsed is not None
    assert not matches(parsed, other.secret_hash)


def test_every_typo_is_noticed() -> None:
    for place, right in enumerate(KEY.text):
        for wrong in ALPHABET.replace(right, ""):
            assert parse_key(KEY.text[:place] + wrong + KEY.text[place + 1 :]) is None
        assert parse_key(KEY.text[:place] + KEY.text[place + 1 :]) is None


@pytest.mark.heavy
@given(st.text() | st.from_regex(r"gk_[0-9a-f]{16}_[0-9a-f]{56}", fullmatch=True))
def test_other_text_is_no_key(text: str) -> None:
    parsed = parse_key(text)
    assert parsed is None or text.startswith(key_prefix(parsed.key_id))
