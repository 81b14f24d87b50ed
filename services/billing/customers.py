"""What the payment provider knows people by: opened with the first payment, and stored."""

from clients.payments.provider import CustomerAccounts, CustomerMissing
from clients.payments.records import Owner, OwnerKind
from db.database import Database, Transaction
from db.queries.billing import customers, payments
from services.billing.current import customer_of
from services.billing.records import Payment
from services.callers import people
from services.callers.people import PersonUnknown
from services.clock import Clock


class Customers:
    """The customers of people at the provider."""

    def __init__(self, database: Database, provider: CustomerAccounts, *, clock: Clock) -> None:
        self._database = database
        self._provider = provider
        self._clock = clock

    async def open(self, payment: Payment) -> str:
        """Open the customer that a payment is charged to, and store it before it is charged.

        The same payment must always be charged to the same one. Raises `PersonUnknown`.
        """
        if payment.user_id is None:
            raise PersonUnknown
        customer = await self._provider.open_customer(Owner(OwnerKind.PERSON, payment.user_id))
        async with self._database.begin() as transaction:
            await people.lock(transaction, payment.user_id)
            await self._store(transaction, payment.user_id, customer)
            await payments.set_customer(transaction, payment.user_id, payment.id, customer)
        return customer

    async def delete(self, user_id: int) -> None:
        """Have the provider forget the person, who is being erased, and all of their methods."""
        async with self._database.read_primary() as connection:
            known = await customer_of(connection, user_id)
        if known is not None:
            await self._provider.delete_customer(known.reference)

    async def portal_url(self, user_id: int, return_url: str) -> str:
        """A link to the provider's pages for the person; raises `PersonUnknown`."""
        customer = await self._reference_of(user_id)
        try:
            return await self._provider.portal_url(customer, return_url)
        except CustomerMissing:
            async with self._database.begin() as transaction:
                await people.lock(transaction, user_id)
                await customers.forget(transaction, user_id, customer)
        return await self._provider.portal_url(await self._reference_of(user_id), return_url)

    async def _reference_of(self, user_id: int) -> str:
        """The person's customer, opened if there is none; raises `PersonUnknown`."""
        async with self._database.read_primary() as connection:
            known = await customer_of(connection, user_id)
        if known is not None:
            return known.reference
        customer = await self._provider.open_customer(Owner(OwnerKind.PERSON, user_id))
        async with self._database.begin() as transaction:
            await people.lock(transaction, user_id)
            await self._store(transaction, user_id, customer)
        return customer

    async def _store(self, transaction: Transaction, user_id: int, customer: str) -> None:
        await customers.store(
            transaction, user_id, customer=customer, payment_method=None, now=self._clock()
        )
