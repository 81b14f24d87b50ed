"""The people who act."""

from db.database import Transaction
from db.queries import users


class PersonUnknown(Exception):
    """The signed-in person is not, or no longer, known."""

    def __init__(self) -> None:
        super().__init__("The person of this token is not known.")


async def hold(transaction: Transaction, user_id: int) -> None:
    """Make sure that the person exists until the transaction ends; raises `PersonUnknown`."""
    if not await users.hold(transaction, user_id):
        raise PersonUnknown


async def lock(transaction: Transaction, user_id: int) -> None:
    """Keep out whoever else locks the person until the transaction ends; raises `PersonUnknown`."""
    if not await users.lock(transaction, user_id):
        raise PersonUnknown
