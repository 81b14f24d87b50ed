"""What may be issued, and how tax is spread over lines."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.invoicing.rules import (
    CreditExceedsInvoice,
    InvalidDraft,
    amounts_before_tax,
    check_credit_note,
    check_invoice,
    number,
    series,
)
from tests.services.invoicing.drafts import draft, line


@given(st.lists(st.integers(-(10**7), 10**7), min_size=1, max_size=30), st.data())
def test_lines_without_tax_lack_the_tax_exactly(amounts: list[int], data: st.DataObject) -> None:
    total = sum(amounts)
    tax = data.draw(st.integers(min(0, total), max(0, total)))
    before = amounts_before_tax(amounts, tax)
    assert sum(before) == total - tax
    for one, amount in zip(before, amounts, strict=True):
        assert one == 0 or (one < 0) == (amount < 0)


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=30), st.integers(0, 40))
def test_each_share_of_the_tax_is_right_to_the_cent(amounts: list[int], percent: int) -> None:
    tax = sum(amounts) * percent // 100
    for before, amount in zip(amounts_before_tax(amounts, tax), amounts, strict=True):
        share = amount * tax / sum(amounts) if sum(amounts) else 0
        assert abs((amount - before) - share) < 1


def test_numbers_tell_their_series() -> None:
    new_year = datetime(2027, 1, 1, tzinfo=UTC)
    assert number(series(new_year, is_credit_note=False), 42) == "INV-2027-000042"
    assert number(series(new_year, is_credit_note=True), 1_000_000) == "CN-2027-1000000"


@pytest.mark.parametrize(
    ("amounts", "tax"), [((), 0), ((-1,), 0), ((5, -6), 0), ((5,), 6), ((5,), -1), ((0,), 1)]
)
def test_what_is_no_invoice(amounts: tuple[int, ...], tax: int) -> None:
    with pytest.raises(InvalidDraft):
        check_invoice(draft("source", *amounts, tax_cents=tax))


def test_a_line_says_what_it_is_for_and_how_many_were_sold() -> None:
    sold = draft("source", 5)
    for wrong in (line(5, quantity=0), line(5, quantity=-1)):
        with pytest.raises(InvalidDraft):
            check_invoice(type(sold)("source", "EUR", [wrong], sold.status))


@pytest.mark.parametrize(
    ("amounts", "tax", "error"),
    [
        ((5,), 0, InvalidDraft),
        ((0,), 0, InvalidDraft),
        ((-11,), 0, CreditExceedsInvoice),
        ((-10,), -3, CreditExceedsInvoice),
        ((-1,), -2, InvalidDraft),
        ((-1,), 1, InvalidDraft),
    ],
)
def test_what_is_no_credit_note(
    amounts: tuple[int, ...], tax: int, error: type[InvalidDraft]
) -> None:
    with pytest.raises(error):
        check_credit_note(draft("source", *amounts, tax_cents=tax), left_cents=10, left_tax_cents=2)


def test_all_that_is_left_may_be_given_back() -> None:
    check_credit_note(draft("source", -10, tax_cents=-2), left_cents=10, left_tax_cents=2)
