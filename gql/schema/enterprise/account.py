"""The types of companies, of their usage and of their API keys."""

from datetime import date, datetime

import strawberry
from strawberry import UNSET

from db.row import Row
from db.states import ApiCredentialStatus
from gql.context import Info, page_reads
from gql.errors import Forbidden
from gql.schema import described
from gql.schema.billing.invoice import INVOICES, InvoiceConnection
from gql.schema.chat.models import ModelUsage
from gql.schema.connections import After, First, requested_page
from gql.schema.day_span import FirstDay, LastDay, check_span
from gql.schema.node import Node
from gql.values.cost_weights import ROWS_WEIGHT, Weight
from gql.values.mappings import Column, Derived, GlobalId, Instant, Member, ObjectMapping, Sourced
from loaders import (
    MAX_CREDENTIALS,
    DailyUsageKey,
    ModelUseKey,
    ModelUseOfDay,
    PageKey,
    Slice,
)
from loaders.batching.loader import LoaderFuture
from services.enterprise.keys import key_prefix
from services.enterprise.records import Usage, UsageLimitMode


@strawberry.type(description="What of its contract a company has used.")
class EnterpriseUsage:
    """The usage, from its record."""

    limit_mode: UsageLimitMode = strawberry.field(
        description="Whether requests over a limit are refused, or served and counted."
    )
    daily_limit: int = strawberry.field(description="Requests that a UTC day includes.")
    daily_used: int = strawberry.field(description="Requests of the current UTC day.")
    daily_remaining: int = strawberry.field(description="Requests left of the day's.")
    monthly_limit: int = strawberry.field(description="Requests that a calendar month includes.")
    monthly_used: int = strawberry.field(description="Requests of the current month.")
    monthly_remaining: int = strawberry.field(description="Requests left of the month's.")
    resets_at: datetime = strawberry.field(description="When the next UTC day begins.")


_USAGE_ATTRIBUTES = (
    "daily_used",
    "daily_remaining",
    "monthly_used",
    "monthly_remaining",
    "resets_at",
)
ENTERPRISE_USAGE = ObjectMapping(
    EnterpriseUsage,
    {
        "limit_mode": Derived(lambda usage: usage.contract.limit_mode),
        "daily_limit": Derived(lambda usage: usage.contract.daily_limit),
        "monthly_limit": Derived(lambda usage: usage.contract.monthly_limit),
        **{name: Member(name) for name in _USAGE_ATTRIBUTES},
    },
    source=Usage,
)


@strawberry.type(description="The metered requests of one UTC day.")
class EnterpriseDailyUsage:
    """A day of a company."""

    usage_date: date = strawberry.field(description="The UTC day that is counted.")
    request_count: int = strawberry.field(description="The requests metered on it.")


ENTERPRISE_DAILY_USAGE = ObjectMapping(
    EnterpriseDailyUsage, {"usage_date": Column(0), "request_count": Column(1)}, source=tuple
)


@strawberry.type(description="An API key, without its secret.")
class ApiCredential(Node):
    """A key of the company that the viewer administers."""

    key_prefix: str = strawberry.field(
        description="The part of the key that may be shown and logged."
    )
    status: ApiCredentialStatus = strawberry.field(description="Whether the key is still accepted.")
    created_at: datetime = strawberry.field(description="When the key was made.")
    last_used_at: datetime | None = strawberry.field(
        description="When it was last used, to the minute."
    )
    expires_at: datetime | None = strawberry.field(
        description="When the key stops being accepted, if it was replaced; otherwise null."
    )


API_CREDENTIAL = ObjectMapping(
    ApiCredential,
    {
        "key": Column("id"),
        "id": GlobalId("ApiCredential"),
        "key_prefix": Column("key_id", key_prefix),
        "status": Column("status", ApiCredentialStatus),
        "created_at": Instant("created_at"),
        "last_used_at": Instant("last_used_at"),
        "expires_at": Instant("expires_at"),
    },
)


@strawberry.type(description="A company that calls this API with keys.")
class EnterpriseAccount(Node):
    """The company behind the API key, or the one that the viewer administers."""

    administrator_key: strawberry.Private[int | None]
    company_name: str = strawberry.field(
        description="The name under which the company is registered here."
    )

    @described.field(
        "How much of the contract's requests the company has used, today and this month."
    )
    def usage(self, info: Info) -> Sourced[EnterpriseUsage, LoaderFuture[Usage]]:
        return info.context.loaders.usage_by_account.start(self.key)

    @described.field(
        "One row per UTC day from `from` to `to`, both included; a day without requests "
        "counts 0. At most 400 days at a time.",
        ROWS_WEIGHT,
    )
    def daily_usage(
        self,
        info: Info,
        from_: FirstDay,
        to: LastDay,
    ) -> Sourced[list[EnterpriseDailyUsage], LoaderFuture[list[tuple[date, int]]]]:
        check_span(from_, to)
        return info.context.loaders.daily_usage.start(DailyUsageKey(self.key, from_, to))

    @described.field(
        "For the account's administrator, otherwise null: what language models took for the "
        "company's replies. One row per UTC day and model that was used, oldest first; at most "
        "400 days.",
        ROWS_WEIGHT,
    )
    def model_usage(
        self, info: Info, from_: FirstDay, to: LastDay
    ) -> Sourced[list[ModelUsage] | None, LoaderFuture[list[ModelUseOfDay]] | None]:
        check_span(from_, to)
        is_administrator = self.administrator_key is not None and (
            self.administrator_key == info.context.viewer_id
        )
        if not is_administrator and not info.context.is_operator:
            return None
        key = ModelUseKey(self.key, from_, to, shows_cost=True)
        return info.context.loaders.metered_model_use.start(key)

    @described.field(
        "Only for the account's administrator. Oldest first; at most 100, of which those that "
        "are no longer accepted are left out first.",
        Weight(assumed_size=MAX_CREDENTIALS),
    )
    def credentials(
        self, info: Info
    ) -> Sourced[list[ApiCredential], LoaderFuture[tuple[Row, ...]]]:
        if self.administrator_key is None or self.administrator_key != info.context.viewer_id:
            raise Forbidden(
                "Only the account's administrator sees its credentials, with a token and not a key."
            )
        return info.context.loaders.credentials_by_account.start(self.key)

    @described.field(
        "The company's invoices and credit notes, newest first; null unless the viewer is the "
        "account's administrator."
    )
    def invoices(
        self, info: Info, first: First = UNSET, after: After = UNSET
    ) -> Sourced[InvoiceConnection | None, LoaderFuture[Slice] | None]:
        if self.administrator_key is None or self.administrator_key != info.context.viewer_id:
            return None
        page = requested_page(INVOICES, self.key, first=first, after=after)
        key = PageKey(self.key, page, None, page_reads(info))
        return info.context.loaders.invoices_by_account.start(key)


ENTERPRISE_ACCOUNT = ObjectMapping(
    EnterpriseAccount,
    {
        "key": Column("id"),
        "id": GlobalId("EnterpriseAccount"),
        "administrator_key": Column("administrator_id"),
        "company_name": Column("company_name"),
    },
)
MAPPINGS = (
    ENTERPRISE_USAGE,
    ENTERPRISE_DAILY_USAGE,
    API_CREDENTIAL,
    ENTERPRISE_ACCOUNT,
)
