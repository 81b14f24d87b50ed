"""Opening the configured payment provider."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from clients.payments.provider import PaymentProvider
from clients.payments.sandbox import SandboxProvider
from clients.payments.webhook import WebhookReader


@dataclass(frozen=True, slots=True)
class StripeAccess:
    """The configuration of the Stripe API."""

    api_key: str = field(repr=False)
    base_url: str
    timeout_seconds: float


@dataclass(frozen=True, slots=True)
class PaymentConfiguration:
    """Stripe, or the sandbox if it is None, and the secrets that may sign webhooks."""

    stripe: StripeAccess | None
    webhook_secrets: tuple[str, ...] = field(repr=False)


@asynccontextmanager
async def open_payment_provider(
    configuration: PaymentConfiguration,
    *,
    clock: Callable[[], datetime],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[PaymentProvider]:
    """Open the provider; leaving the block closes its connections."""
    webhooks = WebhookReader(configuration.webhook_secrets, clock)
    access = configuration.stripe
    if access is None:
        yield SandboxProvider(webhooks, sleep)
        return
    # Imported here because Stripe's library takes a fifth of a second to import.
    from clients.payments.stripe import StripeProvider
    from clients.payments.transport import StripeTransport

    async with StripeTransport(timeout_seconds=access.timeout_seconds, sleep=sleep) as transport:
        yield StripeProvider(
            transport,
            webhooks,
            api_key=access.api_key,
            base_url=access.base_url,
            timeout_seconds=access.timeout_seconds,
        )
