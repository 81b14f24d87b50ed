"""What is found in a text, and what ordinary numbers are left alone."""

import pytest

from services.generation.redaction.identifiers import IdentifierKind, identifiers_in
from services.generation.redaction.placeholders import redact


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("Write to maya@example.com.", IdentifierKind.EMAIL, "maya@example.com"),
        (
            "<Maya.Lind+work@mail.example.co.uk>",
            IdentifierKind.EMAIL,
            "Maya.Lind+work@mail.example.co.uk",
        ),
        ("'maya@example.com'", IdentifierKind.EMAIL, "maya@example.com"),
        ("o'brien@example.com", IdentifierKind.EMAIL, "o'brien@example.com"),
        ("mailto:maya@example.com?subject=x", IdentifierKind.EMAIL, "maya@example.com"),
        ("jürgen@müller.de", IdentifierKind.EMAIL, "jürgen@müller.de"),
        ("a@xn--mller-kva.xn--p1ai", IdentifierKind.EMAIL, "a@xn--mller-kva.xn--p1ai"),
        ("Pay 4111 1111 1111 1111 now", IdentifierKind.CARD, "4111 1111 1111 1111"),
        ("4111-1111-1111-1111", IdentifierKind.CARD, "4111-1111-1111-1111"),
        ("5500005555555559", IdentifierKind.CARD, "5500005555555559"),
        ("3782 822463 10005", IdentifierKind.CARD, "3782 822463 10005"),
        ("in 2024 4111 1111 1111 1111 12", IdentifierKind.CARD, "4111 1111 1111 1111"),
        (
            "DE89 3704 0044 0532 0130 00 and more",
            IdentifierKind.IBAN,
            "DE89 3704 0044 0532 0130 00",
        ),
        ("IBAN:gb29nwbk60161331926819.", IdentifierKind.IBAN, "gb29nwbk60161331926819"),
        ("MT84MALT011000012345MTLCAST001S", IdentifierKind.IBAN, "MT84MALT011000012345MTLCAST001S"),
        ("NO93-8601-1117-947", IdentifierKind.IBAN, "NO93-8601-1117-947"),
        ("call +49 30 1234567", IdentifierKind.PHONE, "+49 30 1234567"),
        ("tel:+4930123456", IdentifierKind.PHONE, "+4930123456"),
        ("+1 (415) 555-0132, please", IdentifierKind.PHONE, "+1 (415) 555-0132"),
        ("+49 (0)30 1234567", IdentifierKind.PHONE, "+49 (0)30 1234567"),
        ("0049 171 1234567", IdentifierKind.PHONE, "0049 171 1234567"),
        ("(415) 555-0132", IdentifierKind.PHONE, "(415) 555-0132"),
        ("415.555.0132", IdentifierKind.PHONE, "415.555.0132"),
        ("(11) 96123-4567", IdentifierKind.PHONE, "(11) 96123-4567"),
        ("at 8 (912) 345-67-89.", IdentifierKind.PHONE, "8 (912) 345-67-89"),
        ("131 2345 6789", IdentifierKind.PHONE, "131 2345 6789"),
        ("4155550132", IdentifierKind.PHONE, "4155550132"),
        ("030/1234567", IdentifierKind.PHONE, "030/1234567"),
        ("(0171) 1234567", IdentifierKind.PHONE, "(0171) 1234567"),
        ("01 23 45 67 89", IdentifierKind.PHONE, "01 23 45 67 89"),
        ("at 07911 123456 10:30", IdentifierKind.PHONE, "07911 123456"),
    ],
)
def test_an_identifier_is_found_whole(text: str, kind: IdentifierKind, found: str) -> None:
    assert [(one.kind, text[one.start : one.end]) for one in identifiers_in(text)] == [
        (kind, found)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "In 2024 and 1999-2003.",
        "It costs 1.234.567,89 or $1,234,567.89, not 12345678901.50.",
        "Order 1234567, room 030, 42",
        "01.02.2026, 2026-02-20, 05/06/2024 and 01.02.2026 10:30",
        "2026-02-20T09:30:00, 20260220093000, 09:30:10, 08.30-09.45",
        "3.14159265358979 0.12345678901",
        "10 20 30 40 50 60",
        "1 000 000 000 people",
        "192.168.100.100",
        "1700000000 and 1700000000123",
        "react@18.2.0, @maya, maya@localhost, a @ b.com",
        "4111 1111 1111 1112",
        "DE88 3704 1144 5532 1130 11",
        "XX89 3704 1144 5532 1130 11",
        "SE35 50000 KELVIN \u212a\u017f",
        "SE\u0663\u0665 5000 1111 1549 1111 1113",
        "555-0132",
        "(12) 2026-02-20 and (10) 3.50, f(12) 345",
        "(2024) 300 people, (42) 10:30",
    ],
)
def test_ordinary_numbers_are_left_alone(text: str) -> None:
    assert identifiers_in(text) == []


def test_every_one_of_a_text_is_found_in_order() -> None:
    text = "+49 30 1234567 maya@example.com 4111111111111111 DE89370400440532013000"
    assert [(one.kind, text[one.start : one.end]) for one in identifiers_in(text)] == list(
        zip(
            (IdentifierKind.PHONE, IdentifierKind.EMAIL, IdentifierKind.CARD, IdentifierKind.IBAN),
            _by_space(text),
            strict=True,
        )
    )


@pytest.mark.parametrize(
    "text",
    ["a'" * 4_000, "a@" * 4_000, "a@" + "b.1" * 2_600, "1 " * 4_000, "+1" * 4_000, "(0" * 4_000],
)
def test_no_text_takes_long(text: str) -> None:
    """What is searched for is found in linear time: this would otherwise take minutes."""
    assert identifiers_in(text * 4) is not None


def test_a_number_does_not_run_into_the_next() -> None:
    redacted, _ = redact(["+49 30 12345 4111 1111 1111 1111 and +239 2228-003405"])
    assert redacted == ("[PHONE_1] [CARD_1] and [PHONE_2]",)


def _by_space(text: str) -> list[str]:
    phone, _, others = text.partition(" maya")
    return [phone, *("maya" + others).split()]
