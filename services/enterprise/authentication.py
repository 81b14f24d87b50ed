"""Authenticating API keys; listing companies and issuing keys as an operator."""

from collections.abc import Callable

from db.database import Database
from db.queries.enterprise import credentials, enterprise_accounts
from services.callers.principal import ApiClient
from services.clock import Clock
from services.enterprise.credentials import add_key
from services.enterprise.keys import matches, parse_key
from services.enterprise.last_uses import LastUseRecorder
from services.enterprise.records import ListedAccount
from services.enterprise.rules import is_accepted
from services.mutations import audit


class AccountNotFound(Exception):
    """There is no company with this id."""


class ApiKeyService:
    """Authenticates API keys, and issues them."""

    def __init__(
        self,
        database: Database,
        last_uses: LastUseRecorder,
        *,
        clock: Clock,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._database = database
        self._last_uses = last_uses
        self._clock = clock
        self._random_bytes = random_bytes

    async def accounts(self, *, after: int, most: int) -> tuple[ListedAccount, ...]:
        """Companies with ids above `after`, for an operator who looks for one."""
        async with self._database.read() as connection:
            rows = await enterprise_accounts.accounts_after(connection, after, most)
        return tuple(
            ListedAccount(
                row["id"], row["company_name"], row["administrator_id"], row["active_keys"]
            )
            for row in rows
        )

    async def issue_key(self, account_id: int) -> str:
        """Add a key to a company as an operator, and return its text, which is not stored.

        Raises `AccountNotFound`.
        """
        async with self._database.begin() as transaction:
            if not await enterprise_accounts.accounts_by_id(transaction, [account_id]):
                raise AccountNotFound(account_id)
            _, key = await add_key(
                transaction,
                account_id,
                audit.OPERATOR,
                random_bytes=self._random_bytes,
                now=self._clock(),
            )
        return key.text

    async def authenticate(self, text: str) -> ApiClient | None:
        """The API client with this key; None if the key is not accepted.

        A key with a typo costs no statement, any other exactly one, on the primary. Nothing is
        cached, so a key revoked by any instance is refused by all of them at once.
        """
        parsed = parse_key(text)
        if parsed is None:
            return None
        async with self._database.read_primary() as connection:
            row = await credentials.by_key(connection, parsed.key_id)
        now = self._clock()
        if row is None or not matches(parsed, row["secret_hash"]):
            return None
        if not is_accepted(row["status"], row["expires_at"], now):
            return None
        self._last_uses.record(row["id"], row["credential_id"], row["last_used_at"], now)
        return ApiClient(row["id"], row["credential_id"], row)
