"""The invoices of a person who was erased are kept, without the person, to the cent."""

from pathlib import Path

import asyncpg
import pytest

from tests.fixtures.stores.world import ADA
from tests.services.privacy.erasures import prepare
from tests.services.privacy.privacy_instances import LATER, instance

_KEPT = "SELECT to_jsonb(i) - 'user_id' - 'recipient' FROM {} i WHERE {}"


async def test_an_erasure_moves_invoices_to_the_archive_and_nobody_changes_them_there(
    own_world: str, tmp_path: Path
) -> None:
    await prepare(own_world, tmp_path)
    async with instance(own_world, tmp_path, clock=lambda: LATER) as parts:
        invoices = await parts.rows(_KEPT.format("user_invoices", f"user_id = {ADA}"))
        lines = await parts.rows(_KEPT.format("user_invoice_lines", f"user_id = {ADA}"))
        assert (len(invoices), len(lines)) == (1, 1)
        assert await parts.erase() == 1
        for table in ("user_invoices", "user_invoice_lines"):
            assert await parts.rows(f"SELECT FROM {table} WHERE user_id = {ADA}") == []
        assert await parts.rows(_KEPT.format("archived_invoices", "true")) == invoices
        assert await parts.rows(_KEPT.format("archived_invoice_lines", "true")) == lines
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await parts.rows("UPDATE archived_invoices SET total_cents = total_cents")
