"""Units of a company's contract: counted when used, and given back when nothing came of them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from math import ceil

from db.database import Transaction
from db.queries import credentials, enterprise_accounts, metering
from services.clock import next_midnight, next_month
from services.enterprise.records import UsageContract, UsageLimitMode
from services.principal import ApiClient
from services.refusal import Refusal, UserErrorCode


class UsageLimitExceeded(Refusal):
    """The contract's requests of the day or the month are used up."""

    code = UserErrorCode.USAGE_LIMIT_EXCEEDED


class KeyRevoked(Exception):
    """The key was revoked after it had been recognised."""

    def __init__(self) -> None:
        super().__init__("The API key is revoked.")


@dataclass(frozen=True, slots=True)
class Unit:
    """A counted unit: the UTC day that it belongs to, and whether it is over a limit."""

    day: date
    is_overage: bool


async def charge(
    transaction: Transaction, client: ApiClient, contract: UsageContract, now: datetime
) -> Unit:
    """Count a unit for the company, which is held until the transaction ends.

    Of any number of concurrent calls exactly as many succeed as the limits leave. Raises
    `UsageLimitExceeded` and `KeyRevoked`.
    """
    day = now.date()
    await metering.hold_account(transaction, client.account_id)
    is_overage = await metering.charge(
        transaction,
        account_id=client.account_id,
        credential_id=client.credential_id,
        day=day,
        month_start=day.replace(day=1),
        month_end=next_month(day),
        daily_limit=contract.daily_limit,
        monthly_limit=contract.monthly_limit,
        serves_overage=contract.limit_mode is UsageLimitMode.OVERAGE,
    )
    if is_overage is None:
        raise await _refusal(transaction, client, contract, now)
    return Unit(day, is_overage)


async def give_back(transaction: Transaction, account_id: int, day: date) -> None:
    """Take back a unit that was counted on `day`."""
    await metering.give_back(transaction, account_id, day)


def limit_exceeded(contract: UsageContract, monthly_used: int, now: datetime) -> UsageLimitExceeded:
    """What is said over a limit, and when trying again can help."""
    if monthly_used >= contract.monthly_limit:
        resets_at = datetime.combine(next_month(now.date()), time(), UTC)
        message = f"The {contract.monthly_limit} requests of the month are used up."
    else:
        resets_at = next_midnight(now)
        message = f"The {contract.daily_limit} requests of the day are used up."
    return UsageLimitExceeded(message, retry_after_seconds=ceil((resets_at - now).total_seconds()))


async def _refusal(
    transaction: Transaction, client: ApiClient, contract: UsageContract, now: datetime
) -> Exception:
    key = await credentials.of_account(transaction, client.account_id, client.credential_id)
    if key is None or key["status"] == "revoked":
        return KeyRevoked()
    day = now.date()
    rows = await enterprise_accounts.usage_totals_by_account(
        transaction, [client.account_id], day.replace(day=1), day
    )
    return limit_exceeded(contract, rows[0]["month_count"] if rows else 0, now)
