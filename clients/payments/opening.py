"""Opening the configured payment provider."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from clients.payments.provider import FullProvider
from clients.payments.sandbox.account import SandboxAccount
from clients.payments.sandbox.provider import SandboxProvider
from clients.payments.webhook import WebhookReader


@dataclass(frozen=True, slots=True)
class StripeAccess:
    """The configuration of the Stripe API."""

    api_key: str = field(repr=False)
    base_url: str
    timeout_seconds: float
    meter_id: str | None = None
    meter_event_name: str = "guidance_overage"
    computes_tax: bool = False


@dataclass(frozen=True, slots=True)
class PaymentConfiguration:
    """Stripe, or the sandbox if it is None, and the secrets that may sign webhooks.

    `sandbox_path` is the file with the sandbox's state; without one it is in memory.
    """

    stripe: StripeAccess | None
    webhook_secrets: tuple[str, ...] = field(repr=False)
    sandbox_path: Path | None = None


@asynccontextmanager
async def open_payment_provider(
    configuration: PaymentConfiguration,
    *,
    clock: Callable[[], datetime],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[FullProvider]:
    """Open the provider; leaving the block closes its connections."""
    webhooks = WebhookReader(configuration.webhook_secrets, clock)
    access = configuration.stripe
    if access is None:
        with closing(SandboxAccount(configuration.sandbox_path)) as account:
            yield SandboxProvider(webhooks, sleep, account, clock)
        return
    # Imported here because Stripe's library takes a fifth of a second to import.
    from clients.payments.stripe.meters import Meter
    from clients.payments.stripe.provider import StripeProvider
    from clients.payments.stripe.transport import StripeTransport

    async with StripeTransport(timeout_seconds=access.timeout_seconds, sleep=sleep) as transport:
        yield StripeProvider(
            transport,
            webhooks,
            api_key=access.api_key,
            base_url=access.base_url,
            timeout_seconds=access.timeout_seconds,
            meter=Meter(access.meter_id, access.meter_event_name) if access.meter_id else None,
            computes_tax=access.computes_tax,
        )
