"""What can be set, read from the environment once, here and nowhere else."""

from enum import Enum
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from services.enterprise.records import UsageContract, UsageLimitMode

SHORTEST_SECRET = 32


class Environment(Enum):
    """Where the process runs."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class SettingsRefused(Exception):
    """The environment holds a value that cannot be used; the message names the variables."""


def _postgres(url: str) -> str:
    if not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("must begin with postgresql://")
    return url


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < SHORTEST_SECRET:
        raise ValueError(f"must have at least {SHORTEST_SECRET} characters")
    return secret


def _redis(url: str) -> str:
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must begin with redis://, rediss:// or unix://")
    return url


PostgresUrl = Annotated[str, AfterValidator(_postgres)]
RedisUrl = Annotated[str, AfterValidator(_redis)]
Secret = Annotated[SecretStr, AfterValidator(_long_enough)]
Positive = Annotated[int, Field(gt=0)]


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
    redis_url: RedisUrl | None = Field(
        None, repr=False, description="Redis that all instances share; memory when not set."
    )
    guidance_data_dir: Path = Field(
        Path(".data"), description="Where the embedded database and generated secrets are kept."
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
        pattern="^https?://",
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
    graphql_introspection: bool | None = Field(
        None, description="Whether the schema may be asked for; by default only in development."
    )
    graphql_ide: bool | None = Field(
        None, description="Whether /graphql shows people a page; by default only in development."
    )
    graphql_max_body_bytes: Positive = Field(
        262_144, description="The largest request body; more is answered with 413."
    )
    graphql_max_tokens: Positive = Field(
        2_000, description="The most tokens of a document; more is not parsed."
    )
    prometheus_multiproc_dir: Path | None = Field(
        None,
        description="Where several workers share their metrics; `serve --workers` sets it.",
    )
    shutdown_grace_seconds: Positive = Field(
        30, description="How long requests may go on when the server is asked to stop."
    )

    @model_validator(mode="before")
    @classmethod
    # Any: what the environment holds is not yet typed.
    def _read(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Take an empty variable as one that is not set, and split the list of secrets."""
        present = {name: value for name, value in values.items() if value != ""}
        previous = present.get("jwt_previous_secret_keys")
        if isinstance(previous, str):
            present["jwt_previous_secret_keys"] = [one.strip() for one in previous.split(",")]
        return present

    @model_validator(mode="after")
    def _production_has_secrets(self) -> "Settings":
        if self.is_production and not (self.jwt_secret_key or self.jwt_jwks_url):
            raise ValueError("production needs JWT_SECRET_KEY or JWT_JWKS_URL")
        return self

    @property
    def is_production(self) -> bool:
        """Whether the process serves real people."""
        return self.app_env is Environment.PRODUCTION

    @property
    def allows_introspection(self) -> bool:
        """Whether clients may ask for the schema."""
        return (
            not self.is_production
            if self.graphql_introspection is None
            else (self.graphql_introspection)
        )

    @property
    def has_page(self) -> bool:
        """Whether /graphql shows people a page."""
        return not self.is_production if self.graphql_ide is None else self.graphql_ide

    @property
    def usage_contract(self) -> UsageContract:
        """What every company's contract includes."""
        return UsageContract(
            daily_limit=self.b2b_daily_usage_limit,
            monthly_limit=self.b2b_monthly_usage_limit,
            limit_mode=self.b2b_usage_limit_mode,
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
