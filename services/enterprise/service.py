"""API keys: made, and recognised."""

from collections.abc import Callable
from datetime import datetime

from db.database import Database
from db.queries import enterprise
from services.clock import Clock
from services.enterprise.keys import generate_key, matches, parse_key
from services.principal import ApiClient


class AccountNotFound(Exception):
    """There is no such company."""


class EnterpriseService:
    """What companies' keys can do."""

    def __init__(
        self, database: Database, *, clock: Clock, random_bytes: Callable[[int], bytes]
    ) -> None:
        self._database = database
        self._clock = clock
        self._random_bytes = random_bytes

    async def issue_key(self, account_id: int) -> str:
        """Add a key to a company and give its text, which is stored nowhere.

        Raises `AccountNotFound`.
        """
        key = generate_key(self._random_bytes)
        async with self._database.begin() as transaction:
            if not await enterprise.accounts_by_id(transaction, [account_id]):
                raise AccountNotFound(account_id)
            await enterprise.insert_credential(transaction, account_id, key.key_id, key.secret_hash)
        return key.text

    async def recognise(self, text: str) -> ApiClient | None:
        """The company's client that holds the key `text`; None for a key that is not accepted.

        A key with a typo costs no statement, any other exactly one.
        """
        parsed = parse_key(text)
        if parsed is None:
            return None
        async with self._database.read() as connection:
            row = await enterprise.credential_by_key(connection, parsed.key_id)
        if row is None or not matches(parsed, row["secret_hash"]):
            return None
        if not is_accepted(row["status"], row["expires_at"], self._clock()):
            return None
        return ApiClient(account_id=row["enterprise_account_id"], credential_id=row["id"])


def is_accepted(status: str, expires_at: datetime | None, now: datetime) -> bool:
    """Whether a credential of `status` opens the door at `now`."""
    return status != "revoked" and (expires_at is None or now < expires_at)
