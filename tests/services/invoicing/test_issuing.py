"""Invoices are issued once for their source, and corrected by credit notes alone."""

import asyncio

import pytest

from db.states import InvoiceStatus
from services.callers.people import PersonUnknown
from services.invoicing.rules import CreditExceedsInvoice, InvalidDraft
from tests.fixtures.stores.world import ADA, NOW
from tests.services.invoicing.drafts import END, SELLER, START, Issuer, draft, issuer, play

_ALL = f"SELECT * FROM user_invoices WHERE user_id = {ADA} ORDER BY id"


def test_an_invoice_has_a_number_and_all_that_is_printed(own_world: str) -> None:
    async def scenario(parts: Issuer) -> None:
        issued = await parts.issue(draft("payment:1", 1_190, -190, tax_cents=160))
        assert (issued.number, issued.total_cents) == ("INV-2026-000001", 1_000)
        (row,) = await parts.rows(_ALL)
        assert (row["user_id"], row["status"], row["currency"]) == (ADA, "paid", "EUR")
        assert (row["subtotal_cents"], row["tax_cents"], row["total_cents"]) == (840, 160, 1_000)
        assert (row["seller"], row["recipient"]) == (SELLER, "ada@example.com")
        assert (row["issued_at"], row["credit_note_for"]) == (NOW, None)
        first, second = await parts.rows(
            f"SELECT * FROM user_invoice_lines WHERE user_id = {ADA} ORDER BY line_number"
        )
        assert (first["amount_cents"], second["amount_cents"]) == (1_000, -160)
        assert (first["kind"], second["kind"]) == ("period", "credit")
        assert (first["period_start"], first["period_end"]) == (START, END)

    play(own_world, scenario)


def test_the_same_source_has_one_invoice(own_world: str) -> None:
    async def scenario(parts: Issuer) -> None:
        first = await parts.issue(draft("payment:1", 500))
        assert await parts.issue(draft("payment:1", 700)) == first
        assert (await parts.issue(draft("payment:2", 700))).number == "INV-2026-000002"

    play(own_world, scenario)


def test_what_is_rolled_back_takes_no_number(own_world: str) -> None:
    async def scenario(parts: Issuer) -> None:
        with pytest.raises(ZeroDivisionError):
            await parts.issue_and_fail(draft("payment:1", 500))
        with pytest.raises(PersonUnknown):
            await parts.issue(draft("payment:1", 500), owner_id=10**9)
        with pytest.raises(InvalidDraft):
            await parts.issue(draft("payment:1", -500))
        assert (await parts.issue(draft("payment:2", 500))).number == "INV-2026-000001"

    play(own_world, scenario)


def test_each_year_and_the_credit_notes_are_numbered_by_themselves(own_world: str) -> None:
    async def scenario(parts: Issuer) -> None:
        await parts.issue(draft("payment:1", 500))
        next_year = await parts.issue(draft("payment:2", 500), now=NOW.replace(year=2027))
        assert next_year.number == "INV-2027-000001"
        note = await parts.credit("payment:1", draft("refund:1", -200))
        assert (note.number, note.total_cents) == ("CN-2026-000001", -200)

    play(own_world, scenario)


def test_credit_notes_never_give_back_more_than_the_invoice(own_world: str) -> None:
    async def scenario(parts: Issuer) -> None:
        invoice = await parts.issue(draft("payment:1", 500, tax_cents=80))
        note = await parts.credit("payment:1", draft("refund:1", -200, tax_cents=-32))
        assert await parts.credit("payment:1", draft("refund:1", -200, tax_cents=-32)) == note
        with pytest.raises(CreditExceedsInvoice):
            await parts.credit("payment:1", draft("refund:2", -301, tax_cents=-48))
        for unknown in ("payment:2", "refund:1"):
            with pytest.raises(InvalidDraft):
                await parts.credit(unknown, draft("refund:2", -100))
        assert [row["status"] for row in await parts.rows(_ALL)] == ["paid", "paid"]
        await parts.credit("payment:1", draft("refund:2", -300, tax_cents=-48))
        rows = await parts.rows(_ALL)
        assert [row["status"] for row in rows] == ["credited", "paid", "paid"]
        assert [row["credit_note_for"] for row in rows] == [None, invoice.id, invoice.id]
        assert await parts.amounts(note.id) == [-168]

    play(own_world, scenario)


def test_two_credit_notes_at_once_give_back_one_invoice(own_world: str) -> None:
    async def scenario(parts: Issuer) -> None:
        await parts.issue(draft("payment:1", 500))
        async with issuer(own_world) as other:
            outcomes = await asyncio.gather(
                parts.credit("payment:1", draft("refund:1", -300)),
                other.credit("payment:1", draft("refund:2", -300)),
                return_exceptions=True,
            )
        assert sorted(type(one).__name__ for one in outcomes) == [
            "CreditExceedsInvoice",
            "IssuedInvoice",
        ]

    play(own_world, scenario)


def test_an_open_invoice_is_paid_or_given_up_and_may_be_paid_after_all(own_world: str) -> None:
    async def scenario(parts: Issuer) -> None:
        order = draft("period:1", 500)
        await parts.issue(type(order)("period:1", "EUR", order.lines, InvoiceStatus.OPEN))
        assert await parts.settle("period:1", InvoiceStatus.UNCOLLECTIBLE)
        assert not await parts.settle("period:1", InvoiceStatus.UNCOLLECTIBLE)
        assert await parts.settle("period:1", InvoiceStatus.PAID)
        assert not await parts.settle("period:1", InvoiceStatus.UNCOLLECTIBLE)
        assert not await parts.settle("period:2", InvoiceStatus.PAID)

    play(own_world, scenario)
