"""What people order of their subscriptions, and what all of these orders have in common."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from db.database import Database, Transaction
from db.queries.billing import payments
from db.row import Row
from db.states import PaymentStatus
from services.billing.current import current_subscription
from services.billing.processing import PaymentProcessor
from services.billing.records import NewPayment, Payment, StoredSubscription
from services.billing.rows import payment_from
from services.billing.rules.payments import payment_under_way
from services.billing.settlement import Invalidate, insert_payment
from services.callers import people
from services.clock import Clock
from services.mutations import audit, idempotency
from services.mutations.idempotency import Caller, Claim, IdempotencyKeyReused
from services.mutations.refusals import Conflict

Result = TypeVar("Result")


class Order(Protocol):
    """Who orders something, once for each key."""

    @property
    def user_id(self) -> int:
        """The person."""

    @property
    def idempotency_key(self) -> str:
        """The client's key."""

    @property
    def request_id(self) -> str | None:
        """The request in which it is ordered."""


@dataclass(frozen=True, slots=True)
class PersonOrder:
    """An order that says no more than whose subscription it is about."""

    user_id: int
    idempotency_key: str
    request_id: str | None


class _WaitsForPerson(Exception):
    """Another payment waits for the person."""

    def __init__(self, payment: Payment) -> None:
        super().__init__("a payment waits for the person")
        self.payment = payment


class OrderDesk:
    """Takes orders: each once, one after the other for each person, with an audit event.

    Its methods raise `PersonUnknown`.
    """

    def __init__(
        self,
        database: Database,
        charging: PaymentProcessor,
        *,
        invalidate: Invalidate,
        clock: Clock,
    ) -> None:
        self.database = database
        self.charging = charging
        self.clock = clock
        self._invalidate = invalidate

    async def claim(
        self,
        transaction: Transaction,
        order: Order,
        *,
        operation: str,
        values: dict[str, Any],  # Any: JSON
    ) -> Claim:
        """Claim the order's key, and lock the person. Raises `IdempotencyKeyReused`."""
        use = idempotency.key_use(order.idempotency_key, operation=operation, values=values)
        caller = Caller(user_id=order.user_id)
        now = self.clock()
        return await idempotency.claim(transaction, caller, use, now=now, is_exclusive=True)

    async def run(self, order: Order, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        """Run `work` in a transaction.

        A payment that waits for the person, who wants something else now, is given up first.
        """
        try:
            async with self.database.begin() as transaction:
                return await work(transaction)
        except _WaitsForPerson as waiting:
            actor = audit.person(order.user_id, order.request_id)
            await self.charging.give_up(waiting.payment, actor)
        try:
            async with self.database.begin() as transaction:
                return await work(transaction)
        except _WaitsForPerson:
            raise payment_under_way() from None

    async def current(self, transaction: Transaction, order: Order) -> StoredSubscription | None:
        """The person's subscription as it stands."""
        return await current_subscription(transaction, order.user_id, self.clock())

    async def check_none_open(self, transaction: Transaction, current: StoredSubscription) -> None:
        """Raise `Conflict` while a payment is open; within `run`, as only one may be at a time."""
        row = await payments.open_of_subscription(transaction, current.user_id, current.id)
        if row is None:
            return
        payment = payment_from(row)
        if payment.status is PaymentStatus.REQUIRES_ACTION:
            raise _WaitsForPerson(payment)
        raise payment_under_way()

    async def begin_payment(
        self, transaction: Transaction, order: Order, new: NewPayment
    ) -> Payment:
        """Record a payment, to be charged after the commit; raises `IdempotencyKeyReused`."""
        payment = await insert_payment(
            transaction,
            order.user_id,
            new,
            patience_seconds=self.charging.overdue_seconds,
            now=self.clock(),
        )
        if payment is None:
            raise key_expired()
        await self.record(
            transaction,
            order,
            "payment.begun",
            new.subscription_id,
            payment=payment.id,
            plan=new.plan_code,
        )
        return payment

    async def charge(self, order: Order, payment: Payment) -> Row:
        """Charge a recorded payment, and return its row as it then is."""
        await self.charging.charge(payment, audit.person(order.user_id, order.request_id))
        async with self.database.read_primary() as connection:
            row = await payments.by_id(connection, order.user_id, payment.id)
        return people.require_person(row)

    async def record(
        self,
        transaction: Transaction,
        order: Order,
        action: str,
        subscription_id: int,
        **details: Any,  # Any: JSON
    ) -> None:
        """Record the audit event, and invalidate caches after the commit."""
        await audit.record(
            transaction,
            audit.person(order.user_id, order.request_id),
            action,
            f"subscription:{subscription_id}",
            now=self.clock(),
            user_id=order.user_id,
            **details,
        )
        transaction.after_commit(lambda: self._invalidate([order.user_id]))
        transaction.on_unknown_outcome(lambda: self._invalidate([order.user_id]))


async def replayed_payment(transaction: Transaction, user_id: int, payment_id: int) -> Row:
    """The payment of an earlier use of the key; raises `Conflict` while that use is running."""
    row = people.require_person(await payments.by_id(transaction, user_id, payment_id))
    if payment_from(row).is_being_made:
        raise Conflict("This payment is being made; ask again.", retry_after_seconds=1)
    return row


def key_expired() -> IdempotencyKeyReused:
    """Payments and plan changes store their key forever, longer than idempotency keys are kept."""
    return IdempotencyKeyReused("This key was used before, long ago.", field="idempotencyKey")
