"""Any sequence of payments, answers, checks, events and changes, against a model of a few lines."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from hypothesis import example, given
from hypothesis import strategies as st

from clients.payments.records import ChargeResult, ChargeState
from services.mutations.refusals import Refusal, UserErrorCode
from tests.fixtures.run.examples import examples
from tests.services.billing.billing_instances import (
    BASIC,
    DECLINED,
    METHOD,
    NOT_MADE,
    PREMIUM,
    PROCESSING,
    REFUSAL,
    SILENCE,
    SUCCEEDED,
    Instance,
    instance,
)

Answer: TypeAlias = ChargeResult | Exception
answers = st.sampled_from([SUCCEEDED, DECLINED, PROCESSING, NOT_MADE, SILENCE, REFUSAL])
news = st.sampled_from([SUCCEEDED, DECLINED, PROCESSING])
plans = st.sampled_from([BASIC, PREMIUM])
STATE = """
SELECT s.status, s.plan_code AS plan, s.next_plan_code AS next,
  (SELECT array_agg(ARRAY[plan_code, status] ORDER BY id) FROM billing_payment_attempts
   WHERE user_id = u.id AND kind = 'checkout') AS payments,
  (SELECT coalesce(sum(amount_cents), 0) FROM billing_payment_attempts
   WHERE user_id = u.id AND kind = 'proration' AND status = 'succeeded') AS differences,
  (SELECT count(*) FROM billing_payment_attempts
   WHERE user_id = u.id AND kind = 'refund') AS refunds,
  (SELECT count(payment_method_token) FROM billing_payment_attempts
   WHERE user_id = u.id) AS tokens,
  (SELECT count(*) FROM audit_events
   WHERE user_id = u.id AND action = 'payment.superfluous') AS superfluous
FROM users u LEFT JOIN user_subscriptions s ON s.user_id = u.id WHERE u.id = $1
"""


@dataclass(frozen=True)
class Pay:
    plan: str
    answer: Answer


@dataclass(frozen=True)
class PayAgain:
    """With the key of an earlier payment, and the same input."""

    number: int


@dataclass(frozen=True)
class Check:
    """The worker looks, and finds that out of whatever is open."""

    answer: Answer


@dataclass(frozen=True)
class Hear:
    """An event of a payment; of two with one id the second is a duplicate."""

    number: int
    result: ChargeResult
    event_id: int


@dataclass(frozen=True)
class Change:
    plan: str


Step: TypeAlias = Pay | PayAgain | Check | Hear | Change
steps = st.lists(
    st.builds(Pay, plans, answers)
    | st.builds(PayAgain, st.integers(0, 3))
    | st.builds(Check, answers)
    | st.builds(Hear, st.integers(0, 3), news, st.integers(0, 5))
    | st.builds(Change, plans),
    min_size=1,
    max_size=12,
)


@dataclass
class Model:
    """What is to be the case; a payment is its plan and its status."""

    status: str | None = None
    plan: str | None = None
    payments: list[list[str]] = field(default_factory=list)
    next_plan: str | None = None
    differences: int = 0
    superfluous: int = 0
    heard: set[int] = field(default_factory=set)

    def pay(self, step: Pay) -> UserErrorCode | None:
        if self.status == "active":
            return UserErrorCode.SUBSCRIPTION_ALREADY_ACTIVE
        if self.status == "pending":
            return UserErrorCode.CONFLICT
        self.status, self.plan = "pending", step.plan
        self.payments.append([step.plan, "pending"])
        self.learn(len(self.payments) - 1, step.answer)
        return None

    def check(self, step: Check) -> None:
        for number, (_, status) in enumerate(self.payments):
            if status == "pending":
                self.learn(number, step.answer)

    def hear(self, step: Hear) -> None:
        if step.event_id not in self.heard:
            self.heard.add(step.event_id)
            self.learn(step.number, step.result)

    def change(self, step: Change) -> UserErrorCode | None:
        if self.status != "active":
            return UserErrorCode.NO_ACTIVE_SUBSCRIPTION
        if step.plan in {self.next_plan, self.plan if self.next_plan is None else None}:
            return UserErrorCode.ALREADY_ON_PLAN
        if any(status == "pending" for _, status in self.payments):
            return UserErrorCode.CONFLICT
        if step.plan == self.plan:
            self.next_plan = None
        elif step.plan == BASIC:
            self.next_plan = BASIC
        else:
            self.plan, self.differences = step.plan, self.differences + 1_500
        return None

    def learn(self, number: int, answer: Answer) -> None:
        if isinstance(answer, Exception) or answer.state is ChargeState.PENDING:
            return
        plan, status = self.payments[number]
        if answer.state is ChargeState.SUCCEEDED and status != "succeeded":
            self.payments[number][1] = "succeeded"
            if self.status == "active":
                self.superfluous += 1
            else:
                self.status, self.plan, self.next_plan = "active", plan, None
        elif answer.state is not ChargeState.SUCCEEDED and status == "pending":
            self.payments[number][1] = "failed"
            if self.status == "pending":
                self.status = "failed"


class Person:
    """Somebody to whom the steps happen, in the database and in the model."""

    def __init__(self, parts: Instance, user_id: int) -> None:
        self.parts = parts
        self.user_id = user_id
        self.model = Model()
        self.orders: list[tuple[str, str]] = []
        self.payments: list[int] = []
        self.keys = 0

    async def do(self, step: Step) -> None:
        match step:
            case Pay():
                await self._pay(step)
            case PayAgain() if step.number < len(self.orders):
                await self._pay_again(step.number)
            case Check():
                await self._check(step)
            case Hear() if step.number < len(self.payments):
                self.model.hear(step)
                event_id = f"evt_{self.user_id}_{step.event_id}"
                result = with_method(step.result)
                await self.parts.receive_event(self.payments[step.number], result, event_id)
            case Change():
                self.parts.provider.answers.clear()
                change = self.parts.change(
                    self._new_key(), user_id=self.user_id, plan_code=step.plan
                )
                assert await code_of(change) is self.model.change(step)
        await self.compare()

    async def _pay(self, step: Pay) -> None:
        key, charged = self._new_key(), len(self.parts.provider.charged)
        self.parts.provider.answers.clear()
        self.parts.provider.will(step.answer)
        code = await code_of(self.parts.checkout(key, user_id=self.user_id, plan_code=step.plan))
        assert code is self.model.pay(step)
        requested = self.parts.provider.charged[charged:]
        assert len(requested) == (code is None)
        for charge in requested:
            self.orders.append((key, step.plan))
            self.payments.append(charge.payment_id)

    async def _pay_again(self, number: int) -> None:
        key, plan = self.orders[number]
        charged = len(self.parts.provider.charged)
        payment = await self.parts.checkout(key, user_id=self.user_id, plan_code=plan)
        assert payment["id"] == self.payments[number]
        assert payment["status"] == self.model.payments[number][1]
        assert len(self.parts.provider.charged) == charged

    async def _check(self, step: Check) -> None:
        await self.parts.make_overdue()
        self.parts.provider.answers.clear()
        self.parts.provider.will(*[step.answer] * len(self.payments))
        self.model.check(step)
        await self.parts.charging.finish_overdue()

    async def compare(self) -> None:
        (row,) = await self.parts.rows(STATE, self.user_id)
        model = self.model
        assert (row["status"], row["plan"]) == (model.status, model.plan)
        assert [list(payment) for payment in row["payments"] or ()] == model.payments
        assert (row["next"], row["differences"]) == (model.next_plan, model.differences)
        assert row["superfluous"] == row["refunds"] == model.superfluous
        assert row["tokens"] == sum(status == "pending" for _, status in model.payments)

    def _new_key(self) -> str:
        self.keys += 1
        return f"key {self.keys}"


def with_method(result: ChargeResult) -> ChargeResult:
    """An event as a provider sends it: money that was taken tells the method that is stored."""
    is_taken = result.state is ChargeState.SUCCEEDED
    return replace(result, payment_method=METHOD) if is_taken else result


async def code_of(work: Awaitable[object]) -> UserErrorCode | None:
    """Why it is refused; None where it is done."""
    try:
        await work
    except Refusal as refusal:
        return refusal.code
    return None


@examples(30)
@given(happening=steps)
@example(happening=[Pay(BASIC, PROCESSING), Hear(0, SUCCEEDED, 0), Change(PREMIUM)])
@example(happening=[Pay(BASIC, DECLINED), Hear(0, SUCCEEDED, 0), Change(PREMIUM)])
def test_whatever_happens_is_what_the_model_says(own_world: str, happening: list[Step]) -> None:
    async def scenario() -> None:
        async with instance(own_world) as parts:
            # What an earlier example has left open is none of this one's business.
            await parts.rows("UPDATE billing_payment_attempts SET status = 'failed'")
            person = Person(parts, await parts.new_person())
            for step in happening:
                await person.do(step)

    asyncio.run(scenario())
