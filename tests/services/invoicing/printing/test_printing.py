"""What is printed: names in every script, amounts of every currency, the same bytes every time."""

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from io import BytesIO

import orjson
import pytest
from pypdf import PdfReader

from services.invoicing.printing.content import PrintedInvoice, PrintedLine, money, period
from services.invoicing.printing.document import document, invoice_from
from services.invoicing.printing.fonts import plain, printable
from services.invoicing.printing.press import Press
from tests.services.invoicing.drafts import END, START

AT = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)


def invoice(recipient: str, lines: int = 1) -> PrintedInvoice:
    return PrintedInvoice(
        "Invoice",
        "Guidance Inc",
        recipient,
        (("Number", "INV-2026-000001"),),
        (PrintedLine("Basic Entry", period(START, END), "1", "5.00 EUR"),) * lines,
        (("Total", "5.00 EUR"),),
        AT,
    )


def pages(content: bytes) -> list[str]:
    """The texts of the pages, without what shaping puts between letters."""
    return [
        "".join(page.extract_text().replace("\0", "").split())
        for page in PdfReader(BytesIO(content)).pages
    ]


EUROPEAN, ASIAN = ("Łódź", "Ελλάδα", "Кириллица", "Việt", "שלום"), ("株式会社", "简体", "한국어")
NAMES = {
    **{name: name for name in (*EUROPEAN, *ASIAN, "สวัสดี", "नमस्ते")},
    "محمد علي": "محمد",
    # No font is packed for these.
    "ბათუმი": "batumi",
    "বাংলা": "bamla",
    "🎉 Ltd": ":tada:Ltd",
}


def test_names_are_printed_in_their_script_or_in_ascii() -> None:
    (page,) = pages(document(invoice("\n".join(NAMES))))
    # What is read from right to left may be extracted in either order.
    assert [name for name in NAMES.values() if name not in page and name[::-1] not in page] == []


def test_no_text_breaks_the_page() -> None:
    for text in (
        "",
        "\0\x1b[31m",
        "a" * 3_000,
        "\n" * 200,
        "\ud800",
        "\u202e\u200f\ufeff",
        "%()\\",
    ):
        assert pages(document(invoice(text)))


def test_many_lines_go_on_on_numbered_pages() -> None:
    texts = pages(document(invoice("Ada", 90)))
    assert len(texts) == 3
    assert "".join(texts).count("BasicEntry") == 90
    assert all(text.endswith(f"{at}/{len(texts)}") for at, text in enumerate(texts, 1))


def test_it_is_the_same_in_a_process_of_its_own() -> None:
    order = invoice("Ada")
    assert invoice_from(orjson.dumps(asdict(order))) == order
    assert asyncio.run(Press().print(order)) == document(order)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (123_456, "EUR", "1,234.56 EUR"),
        (-5, "EUR", "-0.05 EUR"),
        (0, "USD", "0.00 USD"),
        (123_456, "JPY", "123,456 JPY"),
        (1_234_567, "KWD", "1,234.567 KWD"),
    ],
)
def test_amounts(amount: int, currency: str, text: str) -> None:
    assert money(amount, currency) == text


def test_texts_are_plain() -> None:
    assert plain("e\u0301  a\tb\r\nc\x00d") == "é a b\nc d"
    assert printable("a☃b", frozenset("☃")) == "a:snowman2:b"
