"""The database refuses what changes an issued invoice, whoever asks."""

import asyncpg
import pytest

from tests.fixtures.stores.world import ADA, ALAN
from tests.services.invoicing.drafts import Issuer, draft, play

_CHANGES = {
    "user_id": str(ALAN),
    "issued_at": "now()",
    "currency": "'USD'",
    "credit_note_for": "7",
    **dict.fromkeys(("number", "source", "seller", "recipient"), "'x'"),
    **dict.fromkeys(("id", "subtotal_cents", "tax_cents", "line_count"), "5"),
    "total_cents": "total_cents + 1, subtotal_cents = subtotal_cents + 1",
}


@pytest.mark.parametrize("column", _CHANGES)
def test_no_column_but_the_status_changes(own_world: str, column: str) -> None:
    async def scenario(parts: Issuer) -> None:
        await parts.issue(draft("payment:1", 500))
        before = await parts.rows("SELECT * FROM user_invoices")
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await parts.rows(f"UPDATE user_invoices SET {column} = {_CHANGES[column]}")
        assert await parts.rows("SELECT * FROM user_invoices") == before

    play(own_world, scenario)


_NEW_LINE = (
    f"INSERT INTO user_invoice_lines SELECT id, 9, '{{}}', 'new', 1, {{}}, NULL, NULL, {ADA} "
    f"FROM user_invoices WHERE user_id = {ADA}"
)
_WITHOUT_LINES = (
    "INSERT INTO user_invoices SELECT 99, 'INV-1', 'another', 'paid', currency, 400, 0, 400, 1, "
    f"'', now(), NULL, '', {ADA} FROM user_invoices WHERE user_id = {ADA}"
)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE user_invoices SET status = 'open'",
        "UPDATE user_invoice_lines SET amount_cents = amount_cents + 1",
        "UPDATE user_invoice_lines SET description = 'another'",
        _NEW_LINE.format("period", 0),
        _NEW_LINE.format("credit", -5),
        _WITHOUT_LINES,
        "DELETE FROM user_invoice_lines",
        "DELETE FROM user_invoices",
    ],
    ids=range(8),
)
def test_nor_its_lines_and_what_adds_up_otherwise_is_no_invoice(
    own_world: str, change: str
) -> None:
    async def scenario(parts: Issuer) -> None:
        await parts.issue(draft("payment:1", 500))
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await parts.rows(change)
        assert len(await parts.rows("SELECT FROM user_invoices")) == 2
        assert len(await parts.rows("SELECT FROM user_invoice_lines")) == 2

    play(own_world, scenario)
