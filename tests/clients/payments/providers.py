"""Providers and charges of the tests."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from clients.payments.opening import PaymentConfiguration, StripeAccess, open_payment_provider
from clients.payments.provider import FullProvider
from clients.payments.records import Charge, ChargeResult, ChargeState
from tests.fixtures.outside.stripe import STRIPE_KEY, StripeServer
from tests.fixtures.outside.stripe_objects.meters import METER

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SECRET = "whsec_of_the_tests"
SUCCEEDED = ChargeResult(ChargeState.SUCCEEDED, "pi_1")
NOT_MADE = ChargeResult(ChargeState.NOT_MADE, "pi_1")
Found = TypeVar("Found")


def charge(token: str, *, key: str = "key", payment_id: int = 17) -> Charge:
    """Five euros."""
    return Charge(payment_id, 500, "EUR", token, key)


def asking(
    base_url: str | None,
    scenario: Callable[[FullProvider], Awaitable[Found]],
    *,
    api_key: str = STRIPE_KEY,
    timeout_seconds: float = 20,
    slept: list[float] | None = None,
    computes_tax: bool = False,
    sandbox_path: Path | None = None,
    clock: Callable[[], datetime] = lambda: NOW,
) -> Found:
    """What the scenario finds out from Stripe at the address, or else from the sandbox.

    Nobody waits: seconds to be slept are noted in `slept`.
    """
    stripe = base_url and StripeAccess(
        api_key, base_url, timeout_seconds, meter_id=METER, computes_tax=computes_tax
    )
    noted = [] if slept is None else slept

    async def note(seconds: float) -> None:
        noted.append(seconds)

    async def run() -> Found:
        configuration = PaymentConfiguration(stripe or None, (SECRET,), sandbox_path)
        async with open_payment_provider(configuration, clock=clock, sleep=note) as provider:
            return await scenario(provider)

    return asyncio.run(run())


def made(server: StripeServer, one: Charge) -> ChargeResult:
    """What Stripe answers to a charge."""
    return asking(server.url, lambda provider: provider.charge(one))


def found(server: StripeServer, one: Charge) -> ChargeResult:
    """What Stripe finds of a charge."""
    return asking(server.url, lambda provider: provider.find(one))
