"""Closing the account of a person who is being erased: no payment stays open, no card is kept."""

from collections.abc import Sequence

from db.database import Database
from db.queries.billing import payments
from db.states import PaymentKind
from services.billing.customers import Customers
from services.billing.processing import PaymentProcessor
from services.billing.rows import payment_from
from services.mutations.audit import SYSTEM

_MOST_ROUNDS = 3
"""A payment that was taken is given back in the next round."""


class MoneyInFlight(Exception):
    """The provider does not say yet what became of a payment; the erasure is tried again later."""


class AccountClosing:
    """Ends what is open before the rows of a person go: `Forget` of an erasure.

    The person is locked out already. So what was taken in the meantime has paid for nothing, and
    is given back.
    """

    def __init__(
        self, database: Database, charging: PaymentProcessor, customers: Customers
    ) -> None:
        self._database = database
        self._charging = charging
        self._customers = customers

    async def close(self, user_ids: Sequence[int]) -> None:
        """Close accounts; raises `MoneyInFlight` and what the provider's methods raise."""
        for user_id in user_ids:
            for _ in range(_MOST_ROUNDS):
                if not await self._end_open(user_id):
                    break
            else:
                raise MoneyInFlight(f"a payment of user {user_id} is open")
            await self._customers.delete(user_id)

    async def _end_open(self, user_id: int) -> bool:
        """End what is open; False if there was nothing."""
        async with self._database.read_primary() as connection:
            rows = await payments.open_of_user(connection, user_id)
        for payment in map(payment_from, rows):
            if payment.kind is PaymentKind.REFUND:
                await self._charging.charge(payment, SYSTEM)
            else:
                await self._charging.give_up(payment, SYSTEM)
        return bool(rows)
