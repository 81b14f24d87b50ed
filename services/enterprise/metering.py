"""Units of a company's contract: charged before a reply, refunded if the reply fails."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from math import ceil

from db.database import Transaction
from db.queries.enterprise import credentials, enterprise_accounts, metering
from db.states import ApiCredentialStatus
from services.callers.principal import ApiClient
from services.clock import next_midnight, next_month
from services.enterprise.records import UsageContract, UsageLimitMode
from services.mutations.refusals import Refusal, UserErrorCode


class UsageLimitExceeded(Refusal):
    """The requests that the contract includes for the day or the month are used up."""

    code = UserErrorCode.USAGE_LIMIT_EXCEEDED


class KeyRevoked(Exception):
    """The key was revoked after the request was authenticated."""

    def __init__(self) -> None:
        super().__init__("The API key is revoked.")


@dataclass(frozen=True, slots=True)
class ChargedUnit:
    """A charged unit: the UTC day it counts for, and whether it is over a limit."""

    day: date
    is_overage: bool


async def charge(
    transaction: Transaction, client: ApiClient, contract: UsageContract, now: datetime
) -> ChargedUnit:
    """Charge a unit to the company, which stays locked until the transaction ends.

    Of several concurrent calls, exactly as many succeed as the limits allow. Raises
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
    return ChargedUnit(day, is_overage)


async def refund(transaction: Transaction, account_id: int, day: date) -> None:
    """Refund a unit that was charged on `day`."""
    await metering.give_back(transaction, account_id, day)


def limit_exceeded(contract: UsageContract, monthly_used: int, now: datetime) -> UsageLimitExceeded:
    """The refusal of a request over a limit, with the time until the limit resets."""
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
    if key is None or key["status"] == ApiCredentialStatus.REVOKED:
        return KeyRevoked()
    day = now.date()
    rows = await enterprise_accounts.usage_totals_by_account(
        transaction, [client.account_id], day.replace(day=1), day
    )
    return limit_exceeded(contract, rows[0]["month_count"] if rows else 0, now)
