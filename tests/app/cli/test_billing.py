"""`guidance billing`: what operators do about money."""

import asyncio
from pathlib import Path

import pytest

from clients.payments.records import Charge
from clients.payments.sandbox.account import SandboxAccount
from clients.payments.sandbox.provider import SandboxProvider
from clients.payments.webhook import WebhookReader
from services.clock import system_clock
from tests.app.cli.ended_command import ended
from tests.fixtures.stores.postgres import rows_of, run
from tests.fixtures.stores.world import GRACE

PAID = """
INSERT INTO billing_payment_attempts (id, user_id, subscription_id, plan_code, status, amount_cents,
  currency, idempotency_key, provider_key, provider_reference)
VALUES (7, 2, 3, 'basic-entry', 'succeeded', 500, 'EUR', 'key', 'paid', $reference)
"""
TRAIL = "SELECT actor_kind, action FROM audit_events WHERE user_id = 2 ORDER BY id"


async def no_sleep(_seconds: float) -> None:
    raise AssertionError("nothing is slow here")


async def charged(folder: Path) -> str:
    """The reference of a charge of 5.00 that the sandbox in this folder has taken."""
    account = SandboxAccount(folder / "sandbox.sqlite")
    provider = SandboxProvider(WebhookReader((), system_clock), no_sleep, account, system_clock)
    result = await provider.charge(Charge(7, 500, "EUR", "pm_card_ok", "paid"))
    account.close()
    return str(result.reference)


def test_a_payment_is_given_back_in_parts(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    own_world: str,
    tmp_path: Path,
) -> None:
    reference = asyncio.run(charged(tmp_path))
    asyncio.run(run(own_world, PAID.replace("$reference", f"'{reference}'")))

    def refund(*options: str, payment: str = "7") -> tuple[object, str, str]:
        command = ("billing", "refund", "--user-id", str(GRACE), "--payment-id", payment)
        return ended(
            monkeypatch,
            capsys,
            *(*command, "--reason", "by mistake", *options),
            DATABASE_URL=own_world,
            GUIDANCE_DATA_DIR=str(tmp_path),
        )

    status, out, _ = refund("--amount-cents", "200")
    assert (status, out.partition(" (")[0]) == (0, "200 cents EUR are given back")
    status, out, _ = refund()
    assert (status, out.partition(" (")[0]) == (0, "300 cents EUR are given back")
    assert refund() == (1, "", "guidance: 0 of 500 cents are left to give back\n")
    assert refund(payment="8")[2] == "guidance: there is no such payment\n"
    trail = [tuple(row) for row in asyncio.run(rows_of(own_world, TRAIL))]
    assert trail == [("operator", "refund.begun"), ("operator", "refund.succeeded")] * 2
