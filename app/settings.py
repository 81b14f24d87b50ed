"""What can be set, read from the environment once, here and nowhere else."""

from enum import Enum
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.setting_types import (
    ApiKey,
    BaseUrl,
    Origin,
    Positive,
    PostgresUrl,
    Proxy,
    RedisUrl,
    Seconds,
    Secret,
    StatusProfile,
    StripeKey,
)
from clients.llm.configuration import LanguageModelConfig, RetryPolicy
from clients.payments.opening import PaymentConfiguration, StripeAccess
from gql.operations.limits import Limits
from services.enterprise.records import UsageContract, UsageLimitMode
from services.operations.records import OperationsMode
from services.persisted.records import Bounds
from services.throttling.records import CostLimits, Policy

LONGEST_GRACE_DAYS = 28
STAND_IN = "stand-in"
STAND_IN_URL = "http://127.0.0.1:8001/v1"
_LISTS = (
    "jwt_previous_secret_keys",
    "payments_webhook_secrets",
    "graphql_allowed_origins",
    "trusted_proxies",
)


class Environment(Enum):
    """Where the process runs."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class PaymentsProvider(Enum):
    """Who takes the money."""

    STRIPE = "stripe"
    SANDBOX = "sandbox"


class Pooler(Enum):
    """What stands between the process and PostgreSQL."""

    TRANSACTION = "transaction"


class SettingsRefused(Exception):
    """The environment holds a value that cannot be used; the message names the variables."""


class Settings(BaseSettings):
    """Every setting; the field `x_y` is the variable `X_Y`."""

    model_config = SettingsConfigDict(frozen=True, env_file=None, extra="ignore")

    app_env: Environment = Field(
        Environment.DEVELOPMENT,
        description="`production` refuses to start without secrets, with the page for people and "
        "introspection off unless switched on.",
    )
    database_url: PostgresUrl | None = Field(
        None, repr=False, description="PostgreSQL to use; an embedded one when not set."
    )
    database_replica_url: PostgresUrl | None = Field(
        None, repr=False, description="PostgreSQL for reads that may be slightly old."
    )
    database_pool_size: Positive = Field(
        10, description="The most connections of one process to each database."
    )
    database_pooler: Pooler | None = Field(
        None,
        description="`transaction` where a pooler, such as PgBouncer, lends a connection of the "
        "server for one transaction only; then no statement is kept prepared.",
    )
    database_timing: bool = Field(
        True, description="Whether each repository method is timed, for metrics and operators."
    )
    redis_url: RedisUrl | None = Field(
        None, repr=False, description="Redis that all instances share; memory when not set."
    )
    guidance_data_dir: Path = Field(
        Path(".data"),
        description="Where the embedded database, exports and generated secrets are kept; all "
        "instances share it where there are several.",
    )
    jwt_secret_key: Secret | None = Field(
        None,
        description="The HS256 secret of people's tokens, 32 characters or more; generated in "
        "development.",
    )
    jwt_previous_secret_keys: Annotated[tuple[Secret, ...], NoDecode] = Field(
        (), description="Former secrets whose tokens are still accepted, separated by commas."
    )
    jwt_jwks_url: str | None = Field(
        None,
        description="Where the identity provider publishes its keys (RS256, ES256, EdDSA).",
        pattern="^https?://[^/]",
    )
    chat_llm_base_url: str = Field(
        STAND_IN_URL,
        description="The OpenAI-compatible API that writes the replies; by default the stand-in, "
        "where `guidance llm-standin` serves it.",
        pattern=r"^https?://[^\s/]+",
    )
    chat_llm_api_key: ApiKey = Field(
        SecretStr(STAND_IN), description="The key that it is asked with."
    )
    chat_llm_model: str = Field(STAND_IN, description="The model that is asked for.", min_length=1)
    chat_llm_timeout_seconds: Annotated[Seconds, Field(gt=0)] = Field(
        20, description="The longest that a whole reply may take, retries included."
    )
    chat_llm_retry_count: int = Field(2, ge=0, description="Retries after the first attempt.")
    chat_llm_retry_backoff_seconds: Seconds = Field(
        0.2,
        description="The wait before the first retry, doubled at each one; 0 together with jitter "
        "0 means no waiting.",
    )
    chat_llm_retry_backoff_max_seconds: Seconds = Field(
        1.5, description="The longest wait, unless the model asks for a longer one."
    )
    chat_llm_retry_jitter_seconds: Seconds = Field(
        0.1, description="The most that chance adds to a wait."
    )
    chat_context_window_messages: Positive = Field(
        12, description="The most messages of a conversation that the model is given."
    )
    chat_context_max_characters: Positive = Field(
        4_000, description="The most characters of a conversation that the model is given."
    )
    chat_reply_lease_seconds: Annotated[Seconds, Field(gt=0)] = Field(
        30,
        description="How long a process that writes a reply may be silent before the reply is "
        "marked as failed.",
    )
    billing_subscription_cache_ttl_seconds: float = Field(
        5,
        ge=0,
        le=3_600,
        allow_inf_nan=False,
        description="How long a subscription is cached, an hour at most; 0 switches it off.",
    )
    b2b_daily_usage_limit: int = Field(
        500, ge=0, description="Metered requests that a company's UTC day includes."
    )
    b2b_monthly_usage_limit: int = Field(
        10_000, ge=0, description="Metered requests that a company's month includes."
    )
    b2b_usage_limit_mode: UsageLimitMode = Field(
        UsageLimitMode.BLOCK,
        description="Over a limit: `block` refuses, `overage` serves and counts.",
    )
    payments_provider: PaymentsProvider | None = Field(
        None,
        description="`stripe`, or `sandbox`, which takes no money; by default Stripe when its key "
        "is set. Production uses the sandbox only when it is named here.",
    )
    payments_stripe_api_key: StripeKey | None = Field(
        None, description="The secret or restricted key of Stripe's API."
    )
    payments_stripe_base_url: str = Field(
        "https://api.stripe.com",
        description="Where Stripe's API is.",
        pattern="^https?://",
    )
    payments_timeout_seconds: Positive = Field(
        20,
        description="How long Stripe is asked about a charge, retries included; then the outcome "
        "is found out later.",
    )
    payments_webhook_secrets: Annotated[tuple[Secret, ...], NoDecode] = Field(
        (),
        description="Secrets that the payment provider's events may be signed with, separated by "
        "commas; without one, events are refused.",
    )
    public_base_url: BaseUrl | None = Field(
        None,
        description="Where people reach the API, like `https://api.example`, for the links to "
        "exports and receipts; without it they are relative.",
    )
    export_retention_days: Positive = Field(
        7, description="How long the archive of an export can be fetched."
    )
    erasure_grace_days: int = Field(
        7,
        ge=0,
        le=LONGEST_GRACE_DAYS,
        description="How long an erasure can be taken back before it begins, at most 28 days: the "
        "law allows a month.",
    )
    graphql_introspection: bool | None = Field(
        None,
        description="Whether the schema may be asked for, and errors hint at its names; by default "
        "only in development.",
    )
    graphql_ide: bool | None = Field(
        None, description="Whether /graphql shows people a page; by default only in development."
    )
    graphql_server_timing: bool | None = Field(
        None,
        description="Whether `Server-Timing` says what an answer took, in the database besides; by "
        "default only in development.",
    )
    graphql_status_profile: StatusProfile = Field(
        StatusProfile.CURRENT,
        description="The HTTP statuses of answers: `current` has 400 for what cannot run and 200 "
        "for what ran, `draft` has 422 and, with errors, 294.",
    )
    graphql_max_body_bytes: Positive = Field(
        262_144,
        description="The largest request body, answered with 413 beyond, and WebSocket message, "
        "closed with 1009.",
    )
    graphql_max_batch: int = Field(
        0,
        ge=0,
        description="The most operations that one HTTP request may carry as a list; with 0 lists "
        "are refused.",
    )
    graphql_allowed_origins: Annotated[tuple[Origin, ...], NoDecode] = Field(
        (),
        description="Origins of pages elsewhere that may ask and read answers over HTTP (CORS) and "
        "open a WebSocket, separated by commas.",
    )
    graphql_deadline_seconds: Annotated[Seconds, Field(gt=0)] = Field(
        15,
        description="How long a query, or one event of a subscription, may take; then it is "
        "broken off. A mutation is finished.",
    )
    graphql_max_tokens: Positive = Field(
        2_000, description="The most tokens of a document; more is not parsed."
    )
    graphql_max_depth: Positive = Field(15, description="The most levels of fields of a document.")
    graphql_max_aliases: Positive = Field(
        100, description="The most fields with an alias of a document."
    )
    graphql_max_cost: Positive = Field(
        5_000,
        description="The most that one operation may cost: an object costs 1, a page as many "
        "objects as it is asked for.",
    )
    graphql_operations_mode: OperationsMode = Field(
        OperationsMode.OPEN,
        description="`open` runs any document, `log` records those too that nobody published, "
        "`trusted` runs no others than those that were.",
    )
    graphql_operations_require_id: bool = Field(
        False, description="Whether `trusted` takes ids alone, and no texts."
    )
    graphql_compiled_execution: bool = Field(
        True,
        description="Whether operations that are asked for again are compiled; switched off, "
        "graphql-core executes them, with the same answers.",
    )
    graphql_persisted_queries: bool = Field(
        True,
        description="Whether clients may register documents by their hash (automatic persisted "
        "queries); in `trusted` they may not.",
    )
    graphql_persisted_queries_max_count: Positive = Field(
        5_000, description="The most of them that are kept; the oldest go first."
    )
    graphql_persisted_queries_max_characters: Positive = Field(
        20_000, description="The most characters of one; a longer one is served and not kept."
    )
    graphql_persisted_queries_lifetime_seconds: Positive = Field(
        86_400, description="How long one is kept after it was registered."
    )
    graphql_key_budget: Positive = Field(
        20_000,
        description="The cost that an API key may spend at once, `GRAPHQL_MAX_COST` or more.",
    )
    graphql_key_restore_rate: Positive = Field(
        2_000, description="The cost that an API key may spend again with each second."
    )
    graphql_person_budget: Positive = Field(
        50_000, description="The cost that a person may spend at once, `GRAPHQL_MAX_COST` or more."
    )
    graphql_person_restore_rate: Positive = Field(
        5_000, description="The cost that a person may spend again with each second."
    )
    graphql_address_budget: int = Field(
        20_000,
        ge=0,
        description="The cost that all who ask without a credential from one address (IPv6: from "
        "one /64 network) may spend at once, `GRAPHQL_MAX_COST` or more; 0 sets no bound.",
    )
    graphql_address_restore_rate: Positive = Field(
        2_000, description="The cost that they may spend again with each second."
    )
    graphql_most_at_once: int = Field(
        4,
        ge=0,
        description="The most operations of one key, person or address that a process works on at "
        "once; up to 250 more wait, 5 seconds at most. 0 sets no bound.",
    )
    trusted_proxies: Annotated[tuple[Proxy, ...], NoDecode] = Field(
        ("127.0.0.1",),
        description="Addresses and networks of the proxies in front, whose `X-Forwarded-For` says "
        "who asks, separated by commas.",
    )
    prometheus_multiproc_dir: Path | None = Field(
        None,
        description="Where several workers share their metrics; `serve --workers` sets it.",
    )
    serve_runs_worker: bool = Field(
        True,
        description="Whether a server does the background jobs too; `serve --no-worker` says no.",
    )
    shutdown_grace_seconds: Positive = Field(
        30, description="How long requests may go on when the server is asked to stop."
    )

    @model_validator(mode="before")
    @classmethod
    # Any: what the environment holds is not yet typed.
    def _read(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Take an empty variable as one that is not set, and split the lists."""
        present = {name: value for name, value in values.items() if value != ""}
        for name in _LISTS:
            listed = present.get(name)
            if isinstance(listed, str):
                present[name] = [one.strip() for one in listed.split(",")]
        return present

    @model_validator(mode="after")
    def _production_has_secrets(self) -> "Settings":
        if self.is_production and not (self.jwt_secret_key or self.jwt_jwks_url):
            raise ValueError("production needs JWT_SECRET_KEY or JWT_JWKS_URL")
        return self

    @model_validator(mode="after")
    def _production_has_a_model(self) -> "Settings":
        if self.is_production and self.uses_stand_in:
            raise ValueError("production needs CHAT_LLM_BASE_URL")
        return self

    @model_validator(mode="after")
    def _money_is_taken_or_not_on_purpose(self) -> "Settings":
        if self.takes_money and self.payments_stripe_api_key is None:
            raise ValueError("PAYMENTS_PROVIDER=stripe needs PAYMENTS_STRIPE_API_KEY")
        if self.is_production and not self.takes_money and self.payments_provider is None:
            raise ValueError(
                "production needs PAYMENTS_STRIPE_API_KEY, or PAYMENTS_PROVIDER=sandbox to take "
                "no money"
            )
        if self.is_production and self.takes_money and not self.payments_webhook_secrets:
            raise ValueError("production needs PAYMENTS_WEBHOOK_SECRETS for Stripe's events")
        return self

    @model_validator(mode="after")
    def _trusted_shows_no_schema(self) -> "Settings":
        if self.runs_trusted_alone and (self.graphql_introspection or self.graphql_ide):
            raise ValueError(
                "GRAPHQL_OPERATIONS_MODE=trusted shows nobody the schema: GRAPHQL_INTROSPECTION "
                "and GRAPHQL_IDE cannot be on"
            )
        return self

    @model_validator(mode="after")
    def _budgets_cover_an_operation(self) -> "Settings":
        if min(self.graphql_key_budget, self.graphql_person_budget) < self.graphql_max_cost:
            raise ValueError(
                "GRAPHQL_KEY_BUDGET and GRAPHQL_PERSON_BUDGET must be GRAPHQL_MAX_COST or more"
            )
        if 0 < self.graphql_address_budget < self.graphql_max_cost:
            raise ValueError("GRAPHQL_ADDRESS_BUDGET must be 0, or GRAPHQL_MAX_COST or more")
        return self

    @property
    def is_production(self) -> bool:
        """Whether the process serves real people."""
        return self.app_env is Environment.PRODUCTION

    @property
    def takes_money(self) -> bool:
        """Whether people are charged, or the sandbox is asked."""
        if self.payments_provider is None:
            return self.payments_stripe_api_key is not None
        return self.payments_provider is PaymentsProvider.STRIPE

    @property
    def payments(self) -> PaymentConfiguration:
        """How money is taken."""
        key = self.payments_stripe_api_key if self.takes_money else None
        return PaymentConfiguration(
            stripe=None
            if key is None
            else StripeAccess(
                api_key=key.get_secret_value(),
                base_url=self.payments_stripe_base_url,
                timeout_seconds=self.payments_timeout_seconds,
            ),
            webhook_secrets=tuple(
                secret.get_secret_value() for secret in self.payments_webhook_secrets
            ),
        )

    @property
    def runs_trusted_alone(self) -> bool:
        """Whether only documents run that were published."""
        return self.graphql_operations_mode is OperationsMode.TRUSTED

    @property
    def allows_introspection(self) -> bool:
        """Whether clients may ask for the schema."""
        if self.runs_trusted_alone:
            return False
        return (
            not self.is_production
            if self.graphql_introspection is None
            else (self.graphql_introspection)
        )

    @property
    def has_page(self) -> bool:
        """Whether /graphql shows people a page."""
        if self.runs_trusted_alone:
            return False
        return not self.is_production if self.graphql_ide is None else self.graphql_ide

    @property
    def tells_timing(self) -> bool:
        """Whether clients are told what an answer took."""
        return (
            not self.is_production
            if self.graphql_server_timing is None
            else (self.graphql_server_timing)
        )

    @property
    def uses_stand_in(self) -> bool:
        """Whether no model was configured."""
        return "chat_llm_base_url" not in self.model_fields_set

    @property
    def language_model(self) -> LanguageModelConfig:
        """Which model is asked, and with how much patience."""
        return LanguageModelConfig(
            base_url=self.chat_llm_base_url,
            api_key=self.chat_llm_api_key.get_secret_value(),
            model=self.chat_llm_model,
            timeout_seconds=self.chat_llm_timeout_seconds,
            retries=RetryPolicy(
                retry_count=self.chat_llm_retry_count,
                backoff_seconds=self.chat_llm_retry_backoff_seconds,
                backoff_max_seconds=self.chat_llm_retry_backoff_max_seconds,
                jitter_seconds=self.chat_llm_retry_jitter_seconds,
            ),
        )

    @property
    def usage_contract(self) -> UsageContract:
        """What every company's contract includes."""
        return UsageContract(
            daily_limit=self.b2b_daily_usage_limit,
            monthly_limit=self.b2b_monthly_usage_limit,
            limit_mode=self.b2b_usage_limit_mode,
        )

    @property
    def document_limits(self) -> Limits:
        """What a document may have."""
        return Limits(
            tokens=self.graphql_max_tokens,
            depth=self.graphql_max_depth,
            aliases=self.graphql_max_aliases,
        )

    @property
    def persisted_query_bounds(self) -> Bounds | None:
        """What is kept of documents that clients register by their hash; None for nothing."""
        if not self.graphql_persisted_queries or self.runs_trusted_alone:
            return None
        return Bounds(
            count=self.graphql_persisted_queries_max_count,
            characters=self.graphql_persisted_queries_max_characters,
            lifetime_seconds=self.graphql_persisted_queries_lifetime_seconds,
        )

    @property
    def cost_limits(self) -> CostLimits:
        """What operations may cost."""
        return CostLimits(
            maximum=self.graphql_max_cost,
            of_key=Policy(self.graphql_key_budget, self.graphql_key_restore_rate),
            of_person=Policy(self.graphql_person_budget, self.graphql_person_restore_rate),
            of_address=Policy(self.graphql_address_budget, self.graphql_address_restore_rate)
            if self.graphql_address_budget
            else None,
        )


def load_settings() -> Settings:
    """Read the environment; raises `SettingsRefused` in words that hold no value of a secret."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsRefused("; ".join(_in_words(one) for one in error.errors())) from None


# Any: pydantic's description of one error.
def _in_words(error: Any) -> str:
    variable = ".".join(str(part) for part in error["loc"]).upper()
    reason = error["msg"].removeprefix("Value error, ")
    return f"{variable}: {reason}" if variable else str(reason)
