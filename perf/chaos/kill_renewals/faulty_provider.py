"""A provider whose answers are lost, and cards that are declined now and then."""

from collections.abc import Awaitable
from dataclasses import replace
from hashlib import sha256
from random import Random
from typing import TypeVar

from clients.payments.provider import PaymentProviderUnavailable
from clients.payments.records import (
    Charge,
    ChargeResult,
    Owner,
    PaymentEvent,
    Refund,
    RefundEvent,
    RefundResult,
)
from clients.payments.sandbox.provider import SandboxProvider
from clients.payments.sandbox.tokens import DECLINED

_EVERY = 12
"""One of so many charges is declined, whatever the card; the key decides."""
T = TypeVar("T")


class FaultyProvider:
    """The sandbox behind a bad line: a `share` of its calls fail before or after they are done."""

    def __init__(self, sandbox: SandboxProvider, random: Random, share: float) -> None:
        self._sandbox = sandbox
        self._random = random
        self._share = share

    async def charge(self, charge: Charge) -> ChargeResult:
        """Charge, unless the line or the card fails."""
        digest = sha256(charge.idempotency_key.encode()).digest()
        if digest[0] % _EVERY == 0:
            charge = replace(charge, payment_method_token=DECLINED)
        return await self._call(self._sandbox.charge(charge))

    async def find(self, charge: Charge) -> ChargeResult:
        """The result of a charge."""
        return await self._call(self._sandbox.find(charge))

    async def cancel(self, charge: Charge) -> ChargeResult:
        """Give a charge up."""
        return await self._call(self._sandbox.cancel(charge))

    async def refund(self, refund: Refund) -> RefundResult:
        """Give money back."""
        return await self._call(self._sandbox.refund(refund))

    async def open_customer(self, owner: Owner) -> str:
        """The owner's customer."""
        return await self._call(self._sandbox.open_customer(owner))

    async def store_method(self, customer: str, token: str) -> str:
        """Store a method."""
        return await self._call(self._sandbox.store_method(customer, token))

    async def delete_customer(self, customer: str) -> None:
        """Forget a customer."""
        await self._call(self._sandbox.delete_customer(customer))

    async def portal_url(self, customer: str, return_url: str) -> str:
        """A link to nowhere."""
        return await self._sandbox.portal_url(customer, return_url)

    def read_event(self, body: bytes, signature_header: str) -> PaymentEvent | RefundEvent | None:
        """No event comes this way."""
        return self._sandbox.read_event(body, signature_header)

    async def _call(self, work: Awaitable[T]) -> T:
        chance = self._random.random()
        if chance < self._share / 2:
            _drop(work)
            raise PaymentProviderUnavailable("the request was lost")
        result = await work
        if chance < self._share:
            raise PaymentProviderUnavailable("the answer was lost")
        return result


def _drop(work: Awaitable[object]) -> None:
    """Close a coroutine that is not awaited."""
    close = getattr(work, "close", None)
    if close is not None:
        close()
