"""Settings of PostgreSQL, Redis and the data folder."""

from enum import Enum
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from app.settings.fields.base import SettingsGroup
from app.settings.fields.field_types import Positive, PostgresUrl, RedisUrl, Seconds
from db.connections.timeouts import (
    DEFAULT_ANSWER_SECONDS,
    DEFAULT_BACKGROUND_SECONDS,
    DEFAULT_MAX_AGE_SECONDS,
)
from db.replication.status import DEFAULT_MAX_LAG_SECONDS, DEFAULT_WAIT_SECONDS


class Pooler(Enum):
    """The mode of a connection pooler in front of PostgreSQL."""

    TRANSACTION = "transaction"


class StorageSettings(SettingsGroup):
    """PostgreSQL, Redis and the data folder."""

    database_url: PostgresUrl | None = Field(
        None,
        repr=False,
        description="The PostgreSQL to use; in development, by default, an embedded one.",
    )
    database_replica_url: PostgresUrl | None = Field(
        None,
        repr=False,
        description="A PostgreSQL replica, for queries; what a caller has written it also reads.",
    )
    database_replica_wait_seconds: Annotated[Seconds, Field(le=1)] = Field(
        DEFAULT_WAIT_SECONDS,
        description="How long a query waits for the replica to have what its caller has written;"
        " then the primary is read.",
    )
    database_replica_max_lag_seconds: Annotated[Seconds, Field(gt=0, le=3_600)] = Field(
        DEFAULT_MAX_LAG_SECONDS,
        description="How far the replica may be behind; then the primary is read by all.",
    )
    database_pool_size: Positive = Field(
        10, description="The most connections of one process to each database."
    )
    database_pooler: Pooler | None = Field(
        None,
        description="`transaction` if a pooler such as PgBouncer assigns server connections per "
        "transaction; then prepared statements are not kept.",
    )
    database_timeout_seconds: Annotated[Seconds, Field(gt=0, le=60)] = Field(
        DEFAULT_ANSWER_SECONDS,
        description="How long a request waits for a connection, and for the answer to each "
        "statement; then the connection is closed, and the error is "
        "`SERVICE_UNAVAILABLE`.",
    )
    database_background_timeout_seconds: Annotated[Seconds, Field(gt=0, le=86_400)] = Field(
        DEFAULT_BACKGROUND_SECONDS,
        description="How long one statement of a background job, such as an export or erasure, "
        "may take; at least `DATABASE_TIMEOUT_SECONDS`.",
    )
    database_connection_max_age_seconds: Annotated[Seconds, Field(gt=0)] = Field(
        DEFAULT_MAX_AGE_SECONDS,
        description="How long a connection is used, up to a fifth less at random; so connections"
        " move when the database's address changes.",
    )
    database_timing: bool = Field(
        True, description="Whether repository methods are timed, for metrics and operators."
    )
    redis_url: RedisUrl | None = Field(
        None,
        repr=False,
        description="The Redis that all instances share: redis://, rediss:// or unix://, "
        "redis+sentinel://host:26379,host:26379/service, redis+cluster://host:6379,host:6379; "
        "in memory if not set.",
    )
    guidance_data_dir: Path = Field(
        Path(".data"),
        description="The folder of the embedded database, exports and generated secrets; several"
        " instances must share it.",
    )

    @model_validator(mode="after")
    def _background_is_more_patient(self) -> "StorageSettings":
        if self.database_background_timeout_seconds < self.database_timeout_seconds:
            raise ValueError(
                "DATABASE_BACKGROUND_TIMEOUT_SECONDS must not be less than DATABASE_TIMEOUT_SECONDS"
            )
        return self

    @model_validator(mode="after")
    def _production_has_a_database(self) -> "StorageSettings":
        if self.is_production and self.database_url is None:
            raise ValueError(
                "production needs DATABASE_URL: the embedded database is for one machine"
            )
        return self
