"""The sandbox: decides by the token, the same in every process and after a restart."""

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from clients.payments.provider import PaymentProvider, PaymentProviderUnavailable
from clients.payments.records import ChargeResult, ChargeState, PaymentEvent
from clients.payments.signature import InvalidWebhook, sign
from tests.clients.payments.providers import NOW, SECRET, asking, charge
from tests.fixtures.outside.stripe_events import event

ROOT = Path(__file__).parents[3]
REFERENCE = "sandbox_2c70e12b7a0646f92279f427"
SUCCEEDED = ChargeResult(ChargeState.SUCCEEDED, REFERENCE)


def declined(reason: str) -> ChargeResult:
    return ChargeResult(ChargeState.DECLINED, REFERENCE, reason)


@pytest.mark.parametrize(
    ("token", "result", "slept"),
    [
        ("pm_card_ok", SUCCEEDED, []),
        ("pm_card_slow", SUCCEEDED, [3]),
        ("pm_card_declined", declined("card_declined"), []),
        ("pm_card_invented", declined("invalid_payment_method"), []),
        ("", declined("invalid_payment_method"), []),
    ],
)
def test_the_token_decides(token: str, result: ChargeResult, slept: list[float]) -> None:
    noted: list[float] = []

    async def scenario(provider: PaymentProvider) -> list[ChargeResult]:
        return [
            await provider.charge(charge(token)),
            await provider.find(charge(token)),
        ]

    assert asking(None, scenario, slept=noted) == [result, result]
    assert noted == slept


def test_after_a_timeout_the_charge_is_found() -> None:
    async def scenario(provider: PaymentProvider) -> ChargeResult:
        for _ in range(2):
            with pytest.raises(PaymentProviderUnavailable):
                await provider.charge(charge("pm_card_timeout"))
        return await provider.find(charge("pm_card_timeout"))

    assert asking(None, scenario) == SUCCEEDED


def test_charges_are_distinguished_by_their_keys() -> None:
    async def scenario(provider: PaymentProvider) -> set[str | None]:
        keys = ["key", "key", "other"]
        results = [await provider.charge(charge("pm_card_ok", key=key)) for key in keys]
        return {result.reference for result in results}

    assert len(asking(None, scenario)) == 2


@pytest.mark.heavy
def test_another_process_finds_the_same(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from tests.clients.payments.providers import asking, charge\n"
        "path, (token, key) = Path(sys.argv[1]), sys.argv[2:]\n"
        "asking(None, lambda one: one.charge(charge(token, key=key)), sandbox_path=path)\n"
    )
    path = tmp_path / "new" / "sandbox.sqlite"
    arguments = [sys.executable, "-c", program, str(path), "pm_card_ok", "key"]
    subprocess.run(arguments, cwd=ROOT, check=True)
    found = asking(None, lambda one: one.find(charge("pm_card_ok")), sandbox_path=path)
    assert found == SUCCEEDED


def test_what_was_not_charged_will_never_be() -> None:
    not_made = ChargeResult(ChargeState.NOT_MADE, REFERENCE)

    async def scenario(provider: PaymentProvider) -> None:
        assert await provider.find(charge("pm_card_ok")) == not_made
        assert await provider.charge(charge("pm_card_ok")) == not_made

    asking(None, scenario)


def test_its_webhooks_are_signed_like_stripes() -> None:
    body = orjson.dumps(event("succeeded", "succeeded"))

    async def scenario(provider: PaymentProvider) -> object:
        with pytest.raises(InvalidWebhook):
            provider.read_event(body, sign(body, "whsec_another", NOW))
        return provider.read_event(body, sign(body, SECRET, NOW))

    reported = asking(None, scenario)
    assert isinstance(reported, PaymentEvent)
    assert reported.payment_id == 17
