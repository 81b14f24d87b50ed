"""Payments by server processes with Stripe: at once from two, and killed at every step."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import asyncpg
import httpx2
import pytest

from clients.tls import tls_context
from gql.values.ids import parse_global_id
from services.clock import system_clock
from tests.fixtures.outside.stripe import STRIPE_KEY, Fault, StripeServer, Way, running_stripe
from tests.fixtures.outside.stripe_events import event
from tests.fixtures.outside.stripe_objects.tokens import BANK_DEBIT, VISA
from tests.fixtures.servers.billing import CHECKOUT, RETRY, WEBHOOK_SECRET, Till, paying
from tests.fixtures.servers.processes import served, until
from tests.fixtures.servers.server import Api, token_of
from tests.fixtures.stores.postgres import new_database, run

GIVE_CARD = """mutation($input: UpdatePaymentMethodInput!) { updatePaymentMethod(input: $input) {
  subscription { status } userErrors { code message field } } }"""
SUBSCRIPTION = "{ viewer { subscription { status failureReason } } }"
SUCCESSES = "SELECT count(*) FROM audit_events WHERE user_id = $1 AND action = 'payment.succeeded'"
ASK_NOW = "UPDATE billing_payment_attempts SET next_check_at = now() WHERE status = 'pending'"
TOO_MANY = 429
SILENCE = Fault(Way.SILENT)
STEPS: dict[str, list[Fault | None]] = {
    "recorded": [SILENCE],
    "asked": [None, None, SILENCE],
    "charged": [None, None, Fault(Way.SILENT, is_carried_out=True)],
    "answered": [],
}
"""Where a payment may be interrupted, and what then happens to the requests that it makes."""
HOLD_UP = (
    "SELECT pg_advisory_lock(7)",
    """CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NEW; END $$""",
    """CREATE TRIGGER hold_up BEFORE UPDATE ON user_subscriptions FOR EACH ROW
    WHEN (NEW.status = 'active') EXECUTE FUNCTION hold_up()""",
)
HELD_UP = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
GO_ON = ("SELECT pg_advisory_unlock(7)", "DROP FUNCTION hold_up CASCADE")


@dataclass(frozen=True, slots=True)
class Shop:
    """Two server processes on one database and one Stripe; the first does the worker's jobs."""

    first: Till
    second: Till
    stripe: StripeServer
    environment: dict[str, str]

    def subscription(self, person: int) -> dict[str, Any]:
        """A person's, as the second process sees it."""
        data = self.second.api.data(SUBSCRIPTION, viewer=person)
        subscription: dict[str, Any] = data["viewer"]["subscription"]
        return subscription

    def settled(self, person: int) -> dict[str, Any]:
        """The subscription once the worker has found out what became of its payment.

        The time is moved on: nobody waits until the process that asked would have given up.
        """
        asyncio.run(
            run(
                self.first.database_url,
                "UPDATE billing_payment_attempts SET asked_until = now() WHERE status = 'pending'",
            )
        )
        until(lambda: self.subscription(person)["status"] != "PENDING")
        return self.subscription(person)


@pytest.fixture(scope="module")
def shop(postgres: str, world_template: str) -> Iterator[Shop]:
    with running_stripe() as stripe, new_database(postgres, world_template) as url:
        stripe.account.now = system_clock()
        environment = {
            "PAYMENTS_STRIPE_API_KEY": STRIPE_KEY,
            "PAYMENTS_STRIPE_BASE_URL": stripe.url,
            "PAYMENTS_WEBHOOK_SECRETS": WEBHOOK_SECRET,
            # Nobody gives up before they are killed, however busy the machine is.
            "PAYMENTS_TIMEOUT_SECONDS": "300",
            "BILLING_SUBSCRIPTION_CACHE_TTL_SECONDS": "0",
            "WORKER_EVERY_SECONDS": "0.2",
        }
        with (
            served(url, **environment) as (_, first),
            served(url, "--no-worker", **environment) as (_, second),
        ):
            tills = [Till(Api(client, clock=system_clock), url) for client in (first, second)]
            yield Shop(tills[0], tills[1], stripe, environment)


@pytest.fixture
def person(shop: Shop) -> int:
    """Somebody new, and nothing taken yet."""
    shop.stripe.account.taken.clear()
    shop.stripe.requested.clear()
    return shop.first.new_person()


def test_stripe_takes_the_money_once(shop: Shop, person: int) -> None:
    order = paying(VISA)
    payload = shop.first.payload(CHECKOUT, order, viewer=person)
    assert (payload["payment"]["status"], payload["userErrors"]) == ("SUCCEEDED", [])
    assert shop.second.payload(CHECKOUT, order, viewer=person) == payload
    assert shop.stripe.account.taken == [500]
    _, id_ = parse_global_id(payload["payment"]["id"])
    key = shop.first.key_of(id_)
    assert [requested.key for requested in shop.stripe.requested] == [
        f"customer:person:{person}",
        key,
        f"{key}:confirm",
    ]
    ((reference,),) = shop.first.rows(
        "SELECT provider_reference FROM billing_payment_attempts WHERE id = $1", id_
    )
    assert shop.stripe.account.intents[reference]["metadata"] == {
        "payment_id": str(id_),
        "idempotency_key": key,
        "owner": f"person:{person}",
        "allows_action": "true",
    }


def test_stripe_declines(shop: Shop, person: int) -> None:
    payload = shop.first.checkout(person, "pm_card_noFunds")
    assert payload["payment"]["failureReason"] == "insufficient_funds"
    assert [error["code"] for error in payload["userErrors"]] == ["PAYMENT_DECLINED"]
    retried = shop.second.payload(RETRY, paying(VISA), viewer=person)
    assert retried["subscription"]["status"] == "ACTIVE"
    assert shop.stripe.account.taken == [500]


def test_stripe_reports_the_outcome_by_an_event(shop: Shop, person: int) -> None:
    payload = shop.second.checkout(person, BANK_DEBIT)
    assert (payload["payment"]["status"], payload["userErrors"]) == ("PENDING", [])
    _, id_ = parse_global_id(payload["payment"]["id"])
    metadata = {"payment_id": str(id_), "idempotency_key": shop.first.key_of(id_)}
    late = event("succeeded", "succeeded", id=f"pi_late_{id_}", metadata=metadata)
    assert shop.first.send_event(late | {"id": "evt_late"}).status_code == 200
    assert shop.subscription(person) == {"status": "ACTIVE", "failureReason": None}


LET_PERIOD_END = """UPDATE user_subscriptions SET due_at = now(), current_period_end = now(),
current_period_start = now() - interval '28 days', period_anchor_at = now() - interval '28 days'
WHERE user_id = $1"""
RENEWALS = """SELECT status, failure_reason FROM billing_payment_attempts
WHERE user_id = $1 AND kind = 'renewal' ORDER BY id"""


def test_a_renewal_is_charged_to_the_method_that_stripe_has_stored(shop: Shop, person: int) -> None:
    shop.first.payload(CHECKOUT, paying(VISA), viewer=person)
    shop.first.rows(LET_PERIOD_END, person)
    until(lambda: shop.first.rows(RENEWALS, person) == [("succeeded", None)])
    assert shop.stripe.account.taken == [500, 500]
    ((customer, method),) = shop.first.rows(
        "SELECT customer, payment_method FROM billing_customers WHERE user_id = $1", person
    )
    confirmed = [one for one in shop.stripe.requested if one.path.endswith("/confirm")]
    assert confirmed[-1].params == {"payment_method": method, "off_session": "true"}
    assert shop.stripe.account.customers.methods[method]["customer"] == customer


def test_a_customer_whom_stripe_has_lost_is_opened_anew(shop: Shop, person: int) -> None:
    shop.first.payload(CHECKOUT, paying(VISA), viewer=person)
    ((customer,),) = shop.first.rows(
        "SELECT customer FROM billing_customers WHERE user_id = $1", person
    )
    shop.stripe.account.customers.delete(customer)
    shop.first.rows(LET_PERIOD_END, person)
    until(lambda: shop.first.rows(RENEWALS, person) == [("failed", "customer_missing")])
    assert shop.subscription(person)["status"] == "PAST_DUE"
    order = {"paymentMethodToken": VISA, "idempotencyKey": token_hex()}
    given = shop.second.payload(GIVE_CARD, order, viewer=person)
    assert (given["subscription"]["status"], given["userErrors"]) == ("ACTIVE", [])
    assert shop.stripe.account.taken == [500, 500]
    ((another,),) = shop.first.rows(
        "SELECT customer FROM billing_customers WHERE user_id = $1", person
    )
    assert another != customer


def test_a_question_without_an_answer_holds_up_no_other(shop: Shop) -> None:
    people = [shop.first.new_person() for _ in range(2)]
    for person in people:
        assert shop.second.checkout(person, BANK_DEBIT)["payment"]["status"] == "PENDING"
    shop.stripe.faults = [SILENCE]
    asyncio.run(run(shop.first.database_url, ASK_NOW))
    until(lambda: not shop.stripe.faults)
    for intent in shop.stripe.account.intents.values():
        intent["status"] = "succeeded"
    asyncio.run(run(shop.first.database_url, ASK_NOW))

    def statuses() -> list[str]:
        return sorted(shop.subscription(person)["status"] for person in people)

    until(lambda: "ACTIVE" in statuses())
    assert statuses() == ["ACTIVE", "PENDING"]


@pytest.mark.parametrize("count", [2, 200])
@pytest.mark.parametrize("is_one_key", [True, False], ids=["one key", "a key each"])
async def test_concurrent_checkouts_of_one_person_charge_once(
    shop: Shop, person: int, count: int, *, is_one_key: bool
) -> None:
    key = token_hex()
    orders = [paying(VISA) | ({"idempotencyKey": key} if is_one_key else {}) for _ in range(count)]
    payloads = await _at_once(shop, person, orders)
    outcomes = Counter(
        (error["code"], error["retryAfterSeconds"])
        if (error := next(iter(payload["userErrors"]), None))
        else payload["payment"]["id"]
        for payload in payloads
    )
    (paid,) = {outcome for outcome in outcomes if isinstance(outcome, str)}
    if is_one_key:
        assert set(outcomes) <= {paid, ("CONFLICT", 1)}
    else:
        assert set(outcomes) <= {paid, ("CONFLICT", 2), ("SUBSCRIPTION_ALREADY_ACTIVE", None)}
        assert outcomes[paid] == 1
    assert shop.stripe.account.taken == [500]
    assert shop.subscription(person)["status"] == "ACTIVE"
    if is_one_key:
        again = shop.second.payload(CHECKOUT, orders[0], viewer=person)
        assert (again["payment"]["id"], again["payment"]["status"]) == (paid, "SUCCEEDED")


async def _at_once(shop: Shop, person: int, orders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the orders give, sent at once, by turns to both processes."""
    headers = {"authorization": f"Bearer {token_of(person, now=system_clock())}"}
    limits = httpx2.Limits(max_connections=len(orders))
    async with httpx2.AsyncClient(
        headers=headers, timeout=120, limits=limits, verify=tls_context()
    ) as client:
        addresses = [str(till.api.http.base_url) for till in (shop.first, shop.second)]

        async def send(number: int, order: dict[str, Any]) -> dict[str, Any]:
            while True:
                answer = await client.post(
                    f"{addresses[number % 2]}/graphql",
                    json={"query": CHECKOUT, "variables": {"input": order}},
                )
                # Who waited too long for a turn asks again.
                if answer.status_code != TOO_MANY:
                    break
            payload: dict[str, Any] = answer.json()["data"]["checkout"]
            return payload

        return await asyncio.gather(*(send(*numbered) for numbered in enumerate(orders)))


def test_a_process_that_is_killed_at_every_step(shop: Shop) -> None:
    """Each step has a person whose payment is at it; one kill interrupts them all."""
    url, taken = shop.first.database_url, shop.stripe.account.taken
    people = {step: shop.first.new_person() for step in STEPS}
    orders = {step: paying(VISA) for step in STEPS}
    taken.clear()
    with (
        served(url, "--no-worker", **shop.environment) as (process, client),
        ThreadPoolExecutor(len(STEPS)) as pool,
        held_up(url) as is_held_up,
    ):
        till = Till(Api(client, clock=system_clock), url)
        still_exists = {
            "recorded": lambda: len(shop.stripe.requested) == 1,
            "asked": lambda: len(shop.stripe.requested) == 3,
            "charged": lambda: taken == [500],
            "answered": is_held_up,
        }

        def send(step: str) -> None:
            with suppress(httpx2.HTTPError):
                till.payload(CHECKOUT, orders[step], viewer=people[step])

        for step, faults in STEPS.items():
            shop.stripe.requested.clear()
            shop.stripe.faults = list(faults)
            pool.submit(send, step)
            until(still_exists[step])
        process.kill()
    assert taken == [500, 500]
    assert {step: shop.settled(person) for step, person in people.items()} == {
        "recorded": {"status": "FAILED", "failureReason": "not_charged"},
        "asked": {"status": "FAILED", "failureReason": "not_charged"},
        "charged": {"status": "ACTIVE", "failureReason": None},
        "answered": {"status": "ACTIVE", "failureReason": None},
    }
    assert taken == [500, 500]
    for step, person in people.items():
        again = shop.second.payload(CHECKOUT, orders[step], viewer=person)
        if again["payment"]["status"] == "FAILED":
            again = shop.second.payload(RETRY, paying(VISA), viewer=person)
        assert again["payment"]["status"] == "SUCCEEDED"
        assert shop.first.rows(SUCCESSES, person) == [(1,)]
    assert taken == [500] * len(STEPS)


@contextmanager
def held_up(url: str) -> Iterator[Callable[[], bool]]:
    """Let whoever makes a subscription active wait until the block is left; says if one does."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(url))
        for command in HOLD_UP:
            runner.run(connection.execute(command))
        yield lambda: bool(runner.run(connection.fetchval(HELD_UP)))
        for command in GO_ON:
            runner.run(connection.execute(command))
        runner.run(connection.close())
