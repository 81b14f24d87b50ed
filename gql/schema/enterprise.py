"""Companies, their use and their keys."""

from datetime import date, datetime, timedelta
from enum import Enum
from typing import Annotated, Self

import strawberry
from asyncpg import Record

from gql.context import Info
from gql.errors import BadUserInput, Forbidden
from gql.ids import global_id
from gql.schema import described
from gql.schema.enums import UsageLimitMode
from gql.schema.node import Node
from gql.schema.weight import ROWS, Weight
from loaders import MOST_CREDENTIALS, DailyUsageKey
from services.enterprise.keys import key_prefix
from services.enterprise.records import Usage
from services.enterprise.rules import status_at

LONGEST_SPAN_DAYS = 400


@described.enum(
    "Whether an API key is accepted.",
    ACTIVE="Accepted.",
    RETIRING="Replaced by a newer key; still accepted until `expiresAt`.",
    REVOKED="No longer accepted: it was revoked, or its `expiresAt` is over.",
)
class ApiCredentialStatus(Enum):
    """As the database spells them."""

    ACTIVE = "active"
    RETIRING = "retiring"
    REVOKED = "revoked"


@strawberry.type(description="What of its contract a company has used.")
class EnterpriseUsage:
    """The usage of a record."""

    limit_mode: UsageLimitMode = strawberry.field(description="What happens over a limit.")
    daily_limit: int = strawberry.field(description="Requests that a UTC day includes.")
    daily_used: int = strawberry.field(description="Requests of the current UTC day.")
    daily_remaining: int = strawberry.field(description="Requests left of the day's.")
    monthly_limit: int = strawberry.field(description="Requests that a calendar month includes.")
    monthly_used: int = strawberry.field(description="Requests of the current month.")
    monthly_remaining: int = strawberry.field(description="Requests left of the month's.")
    resets_at: datetime = strawberry.field(description="When the next UTC day begins.")

    @classmethod
    def from_record(cls, usage: Usage) -> Self:
        """The usage as the company sees it."""
        return cls(
            limit_mode=usage.contract.limit_mode,
            daily_limit=usage.contract.daily_limit,
            daily_used=usage.daily_used,
            daily_remaining=usage.daily_remaining,
            monthly_limit=usage.contract.monthly_limit,
            monthly_used=usage.monthly_used,
            monthly_remaining=usage.monthly_remaining,
            resets_at=usage.resets_at,
        )


@strawberry.type(description="The metered requests of one UTC day.")
class EnterpriseDailyUsage:
    """A day of a company."""

    usage_date: date = strawberry.field(description="The UTC day.")
    request_count: int = strawberry.field(description="The requests metered on it.")


@strawberry.type(description="An API key, without its secret.")
class ApiCredential(Node):
    """A key of the company that the viewer administers."""

    key_prefix: str = strawberry.field(
        description="The part of the key that may be shown and logged."
    )
    status: ApiCredentialStatus = strawberry.field(description="Whether it is accepted.")
    created_at: datetime = strawberry.field(description="When it was made.")
    last_used_at: datetime | None = strawberry.field(
        description="When it was last used, to the minute."
    )
    expires_at: datetime | None = strawberry.field(description="When it stops being accepted.")

    @classmethod
    def from_row(cls, row: Record, now: datetime) -> Self:
        """The credential in a row, as it is now."""
        return cls(
            key=row["id"],
            id=global_id("ApiCredential", row["id"]),
            key_prefix=key_prefix(row["key_id"]),
            status=ApiCredentialStatus(status_at(row["status"], row["expires_at"], now)),
            created_at=row["created_at"],
            last_used_at=row["last_used_at"],
            expires_at=row["expires_at"],
        )


@strawberry.type(description="A company that calls this API with keys.")
class EnterpriseAccount(Node):
    """The company behind the API key, or the one that the viewer administers."""

    administrator_key: strawberry.Private[int | None]
    company_name: str = strawberry.field(description="The company's name.")

    @described.field("What of its contract it has used.")
    async def usage(self, info: Info) -> EnterpriseUsage:
        return EnterpriseUsage.from_record(
            await info.context.loaders.usage_by_account.load(self.key)
        )

    @described.field(
        "One row per UTC day from `from` to `to`, both included; a day without requests "
        "counts 0. At most 400 days at a time.",
        ROWS,
    )
    async def daily_usage(
        self,
        info: Info,
        from_: Annotated[
            date, strawberry.argument(name="from", description="The first day wanted.")
        ],
        to: Annotated[date, strawberry.argument(description="The last day wanted.")],
    ) -> list[EnterpriseDailyUsage]:
        days = (to - from_).days + 1
        if not 1 <= days <= LONGEST_SPAN_DAYS:
            raise BadUserInput(
                f"`from` must not be after `to`, and at most {LONGEST_SPAN_DAYS} days are given."
            )
        counts = await info.context.loaders.daily_usage.load(DailyUsageKey(self.key, from_, to))
        wanted = (from_ + timedelta(days=index) for index in range(days))
        return [
            EnterpriseDailyUsage(usage_date=day, request_count=counts.get(day, 0)) for day in wanted
        ]

    @described.field(
        "Only for the account's administrator. Oldest first; at most 100, of which those that "
        "are no longer accepted are left out first.",
        Weight(most=MOST_CREDENTIALS),
    )
    async def credentials(self, info: Info) -> list[ApiCredential]:
        if self.administrator_key is None or self.administrator_key != info.context.viewer_id:
            raise Forbidden("Only the account's administrator sees its credentials.")
        rows = await info.context.loaders.credentials_by_account.load(self.key)
        return [ApiCredential.from_row(row, info.context.now) for row in rows]

    @classmethod
    def from_row(cls, row: Record) -> Self:
        """The account in a row."""
        return cls(
            key=row["id"],
            id=global_id("EnterpriseAccount", row["id"]),
            administrator_key=row["administrator_id"],
            company_name=row["company_name"],
        )
