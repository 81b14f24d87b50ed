"""The sandbox: a provider without real money, used if none is configured; the token decides."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from clients.payments.provider import PaymentMethodRefused, PaymentProviderUnavailable
from clients.payments.records import (
    Charge,
    ChargeResult,
    Owner,
    PaymentEvent,
    Refund,
    RefundEvent,
    RefundResult,
    Sale,
    UsageEvent,
)
from clients.payments.sandbox import charges, tokens, usage
from clients.payments.sandbox.account import SandboxAccount
from clients.payments.stripe.intents import INVALID_PAYMENT_METHOD
from clients.payments.webhook import WebhookReader

PORTAL = "https://sandbox.invalid/portal"


def customer_of(owner: Owner) -> str:
    """The reference of the owner's customer."""
    return f"sandbox_cus_{sha256(owner.key.encode()).hexdigest()[:24]}"


def _in_memory() -> SandboxAccount:
    return SandboxAccount(None)


@dataclass(frozen=True, slots=True)
class SandboxProvider:
    """A `FullProvider` whose account every process with the same file shares.

    Its state is written before it answers, so it survives a process that is killed.
    """

    webhooks: WebhookReader
    sleep: Callable[[float], Awaitable[None]]
    account: SandboxAccount = field(default_factory=_in_memory)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    tax_percent: int = 0
    """What companies' invoices include; people's charges include none."""

    async def charge(self, charge: Charge) -> ChargeResult:
        """Decide by the token; after a time-out the result has to be looked up."""
        with self.account.changing() as connection:
            result = charges.found(connection, charge.idempotency_key)
            if result is None:
                result = charges.remember(connection, charge, charges.decide(charge), self.clock())
        token = tokens.token_of(charge.payment_method_token, charge.customer)
        if token == tokens.TIMEOUT:
            raise PaymentProviderUnavailable("the sandbox was asked not to answer")
        if token == tokens.SLOW:
            await self.sleep(tokens.SLOW_SECONDS)
        return result

    async def find(self, charge: Charge) -> ChargeResult:
        """The result of the charge; one that was not made is remembered as given up."""
        with self.account.changing() as connection:
            result = charges.found(connection, charge.idempotency_key)
            return result or charges.rule_out(connection, charge, self.clock())

    async def cancel(self, charge: Charge) -> ChargeResult:
        """Give up a charge that waits for the person."""
        with self.account.changing() as connection:
            result = charges.found(connection, charge.idempotency_key)
            if result is None:
                return charges.rule_out(connection, charge, self.clock())
            return charges.give_up(connection, charge, result)

    def complete_action(self, client_secret: str) -> bool:
        """The person confirms a charge at their bank; False if none waits for that."""
        with self.account.changing() as connection:
            return charges.complete_action(connection, client_secret)

    async def open_customer(self, owner: Owner) -> str:
        """The owner's customer, the same for ever."""
        reference = customer_of(owner)
        with self.account.changing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO customers VALUES (?, ?)", (owner.key, reference)
            )
        return reference

    async def store_method(self, customer: str, token: str) -> str:
        """Store a method that is not declined by itself; a stored one is returned as it is."""
        token = tokens.token_of(token, customer)
        if not tokens.is_known(token):
            raise PaymentMethodRefused(INVALID_PAYMENT_METHOD)
        return tokens.stored(token, customer)

    async def delete_customer(self, customer: str) -> None:
        """Forget the customer."""
        with self.account.changing() as connection:
            connection.execute("DELETE FROM customers WHERE reference = ?", (customer,))

    async def portal_url(self, customer: str, return_url: str) -> str:
        """A link to nowhere, new each time."""
        started = f"{customer}{return_url}{self.clock().isoformat()}"
        return f"{PORTAL}/{sha256(started.encode()).hexdigest()[:32]}"

    async def refund(self, refund: Refund) -> RefundResult:
        """Give money back at once."""
        with self.account.changing() as connection:
            return charges.refund(connection, refund, self.clock())

    async def report(self, event: UsageEvent) -> None:
        """Count an event whose identifier is new, or forgotten after a day."""
        with self.account.changing() as connection:
            usage.report(connection, event, self.clock())

    async def reported(self, customer: str, start: datetime, end: datetime) -> int:
        """The units of a customer in a time."""
        with self.account.changing() as connection:
            return usage.reported(connection, customer, start, end)

    async def tax_cents(self, sale: Sale) -> int:
        """The part that is tax, rounded down."""
        return sale.amount_cents * self.tax_percent // (100 + self.tax_percent)

    async def charges_since(self, instant: datetime) -> tuple[PaymentEvent, ...]:
        """What became of all charges."""
        with self.account.changing() as connection:
            return charges.events_since(connection, instant)

    async def refunds_since(self, instant: datetime) -> tuple[RefundEvent, ...]:
        """What became of all refunds."""
        with self.account.changing() as connection:
            return charges.refunds_since(connection, instant)

    def read_event(self, body: bytes, signature_header: str) -> PaymentEvent | RefundEvent | None:
        """The event in a webhook signed like Stripe's; raises `InvalidWebhook`."""
        return self.webhooks.read(body, signature_header)
