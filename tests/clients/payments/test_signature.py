"""Signatures of webhooks: made as Stripe makes them, and refused for any changed byte."""

import string
from datetime import UTC, datetime, timedelta

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from clients.payments.signature import TOLERANCE_SECONDS, InvalidWebhook, sign, verify

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SECRETS = ("whsec_the_newest_one", "whsec_the_one_before")
BODY = b'{"id": "evt_1", "type": "payment_intent.succeeded"}'
HEADER = sign(BODY, SECRETS[0], NOW)


def refusal(body: bytes, header: str, *, now: datetime = NOW) -> str:
    with pytest.raises(InvalidWebhook) as refused:
        verify(body, header, secrets=SECRETS, now=now)
    return str(refused.value)


@given(st.text(), st.text(st.characters(codec="utf-8"), min_size=1))
def test_stripes_library_signs_alike(body: str, secret: str) -> None:
    theirs = stripe.WebhookSignature.generate_signature_header(body, secret, int(NOW.timestamp()))
    assert sign(body.encode(), secret, NOW) == theirs


@given(st.binary(), st.sampled_from(SECRETS))
def test_every_secret_is_accepted(body: bytes, secret: str) -> None:
    verify(body, sign(body, secret, NOW), secrets=SECRETS, now=NOW)


@given(st.binary(min_size=1), st.data())
def test_a_changed_byte_of_the_body_is_refused(body: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != body[place]))
    changed = body[:place] + bytes([other]) + body[place + 1 :]
    assert refusal(changed, sign(body, SECRETS[0], NOW)) == "the signature does not match"


@given(st.integers(0, len(HEADER) - 1), st.characters(max_codepoint=255))
def test_a_changed_byte_of_the_header_is_refused(place: int, other: str) -> None:
    changed = HEADER[:place] + other + HEADER[place + 1 :]
    if changed != HEADER:
        refusal(BODY, changed)


@given(st.text(string.printable))
def test_a_header_that_nobody_signed_is_refused(header: str) -> None:
    refusal(BODY, header)


@given(st.integers(-3 * TOLERANCE_SECONDS, 3 * TOLERANCE_SECONDS))
def test_five_minutes_are_tolerated_in_both_directions(seconds: int) -> None:
    now = NOW + timedelta(seconds=seconds)
    if abs(seconds) <= TOLERANCE_SECONDS:
        verify(BODY, HEADER, secrets=SECRETS, now=now)
    else:
        assert refusal(BODY, HEADER, now=now) == "the signature is too old or from the future"


def test_one_of_several_signatures_is_enough() -> None:
    time, _, good = HEADER.partition(",")
    verify(BODY, f"{time},v1={'0' * 64},{good},v0=old", secrets=SECRETS, now=NOW)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "the signature has no time"),
        ("t", "the signature has no time"),
        ("t=,v1=0", "the signature has no time"),
        ("t=+1,v1=0", "the signature has no time"),
        ("t=\u0661,v1=0", "the signature has no time"),
        (f"{HEADER},t=1", "the signature has no time"),
        ("t=" + "9" * 5_000, "the signature has no time"),
        ("t=1", "the signature is too old or from the future"),
        ("t=999999999999", "the signature is too old or from the future"),
        (HEADER.replace("t=", "t=0"), "the signature does not match"),
        (HEADER.replace("v1", "v0"), "the signature does not match"),
        (HEADER.partition(",")[0], "the signature does not match"),
        (HEADER.partition(",")[0] + ",v1=\udcff", "the signature does not match"),
    ],
)
def test_a_refusal_says_why_and_keeps_the_secret(header: str, reason: str) -> None:
    assert refusal(BODY, header) == reason


def test_another_secret_is_refused() -> None:
    assert refusal(BODY, sign(BODY, "whsec_another", NOW)) == "the signature does not match"
