"""Whatever fails and in whatever order requests arrive: `find` says exactly what was taken."""

import asyncio
from collections.abc import Mapping
from itertools import combinations, product

import pytest

from clients.payments.provider import PaymentProvider, PaymentProviderUnavailable
from clients.payments.records import ChargeResult, ChargeState
from clients.payments.stripe.provider import RETRIES, StripeProvider
from clients.payments.stripe.transport import StripeTransport
from clients.payments.webhook import WebhookReader
from tests.clients.payments.providers import NOW, asking, charge
from tests.fixtures.outside.stripe import STRIPE_KEY, Fault, StripeServer, Way
from tests.fixtures.outside.stripe_objects.tokens import VISA

SUCCEEDED = ChargeResult(ChargeState.SUCCEEDED, "pi_1")
NOT_MADE = ChargeResult(ChargeState.NOT_MADE, "pi_1")
ATTEMPTS = RETRIES + 1
FAULTS = [
    Fault(way, is_carried_out=is_carried_out)
    for way, is_carried_out in product((Way.STATUS, Way.DROPPED), (False, True))
]
CHARGING, FINDING = 3, 4
"""The most requests of a `charge` and of a `find`."""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda one: f"{one.way.name}-{one.is_carried_out}")
@pytest.mark.parametrize("request_index", [0, 1], ids=["make", "confirm"])
def test_after_any_failure_the_charge_is_found_as_it_is(
    stripe_server: StripeServer, request_index: int, fault: Fault
) -> None:
    stripe_server.faults = [None] * request_index + [fault] * ATTEMPTS

    async def scenario(provider: PaymentProvider) -> list[ChargeResult]:
        with pytest.raises(PaymentProviderUnavailable):
            await provider.charge(charge(VISA))
        return [await provider.find(charge(VISA)), await provider.charge(charge(VISA))]

    is_taken = request_index == 1 and fault.is_carried_out
    assert asking(stripe_server.url, scenario) == [SUCCEEDED if is_taken else NOT_MADE] * 2
    assert stripe_server.account.taken == [500] * is_taken


@pytest.mark.parametrize("fault", FAULTS, ids=lambda one: f"{one.way.name}-{one.is_carried_out}")
@pytest.mark.parametrize("is_charged", [False, True])
@pytest.mark.parametrize("request_index", range(4))
def test_finding_that_fails_can_be_repeated(
    stripe_server: StripeServer, request_index: int, fault: Fault, *, is_charged: bool
) -> None:
    async def scenario(provider: PaymentProvider) -> ChargeResult:
        if is_charged:
            await provider.charge(charge(VISA))
        stripe_server.faults = [None] * request_index + [fault] * ATTEMPTS
        try:
            result = await provider.find(charge(VISA))
        except PaymentProviderUnavailable:
            stripe_server.faults = []
            result = await provider.find(charge(VISA))
        return result

    assert asking(stripe_server.url, scenario) == (SUCCEEDED if is_charged else NOT_MADE)
    assert stripe_server.account.taken == [500] * is_charged


class Turns(StripeTransport):
    """Sends each request only when it is its turn."""

    def __init__(self) -> None:
        super().__init__(timeout_seconds=20, sleep=asyncio.sleep)
        self.waiting = asyncio.Event()
        self._turn = asyncio.Semaphore(0)

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: str | None = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        self.waiting.set()
        await self._turn.acquire()
        return await super().request_async(method, url, headers, post_data)

    async def give(self, task: "asyncio.Task[ChargeResult]") -> None:
        """Let the next request be sent, and wait until the task is at another one, or done."""
        self.waiting.clear()
        self._turn.release()
        arrival = asyncio.create_task(self.waiting.wait())
        await asyncio.wait({arrival, task}, return_when=asyncio.FIRST_COMPLETED)
        arrival.cancel()


@pytest.mark.parametrize(
    "turns_of_charge",
    list(combinations(range(CHARGING + FINDING), CHARGING)),
    ids=lambda turns: "".join("fc"[turn in turns] for turn in range(CHARGING + FINDING)),
)
async def test_finding_during_a_charge_is_right_in_every_order(
    stripe_server: StripeServer, turns_of_charge: tuple[int, ...]
) -> None:
    def provider(transport: StripeTransport) -> StripeProvider:
        return StripeProvider(
            transport,
            WebhookReader((), lambda: NOW),
            api_key=STRIPE_KEY,
            base_url=stripe_server.url,
            timeout_seconds=20,
        )

    async with Turns() as charging, Turns() as finding:
        tasks = {
            charging: asyncio.create_task(provider(charging).charge(charge(VISA))),
            finding: asyncio.create_task(provider(finding).find(charge(VISA))),
        }
        await asyncio.gather(charging.waiting.wait(), finding.waiting.wait())
        for turn in range(CHARGING + FINDING):
            turns = charging if turn in turns_of_charge else finding
            await turns.give(tasks[turns])
        charged, found = await asyncio.gather(*tasks.values())
    assert charged == found
    assert stripe_server.account.taken == ([500] if found == SUCCEEDED else [])
