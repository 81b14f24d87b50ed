"""Where things are kept."""

from enum import Enum
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from app.settings.group import Group
from app.settings.types import Positive, PostgresUrl, RedisUrl, Seconds
from db.timeouts import ANSWER_SECONDS, BACKGROUND_SECONDS, MAX_AGE_SECONDS


class Pooler(Enum):
    """What stands between the process and PostgreSQL."""

    TRANSACTION = "transaction"


class StorageSettings(Group):
    """The databases, Redis and the folder."""

    database_url: PostgresUrl | None = Field(
        None,
        repr=False,
        description="PostgreSQL to use; in development an embedded one when not set.",
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
    database_timeout_seconds: Annotated[Seconds, Field(gt=0, le=60)] = Field(
        ANSWER_SECONDS,
        description="How long a request waits for a connection, and for the answer to each "
        "statement; then the connection is thrown away, and the answer is `SERVICE_UNAVAILABLE`.",
    )
    database_background_timeout_seconds: Annotated[Seconds, Field(gt=0, le=86_400)] = Field(
        BACKGROUND_SECONDS,
        description="How long one statement may take for which no request waits, as of exports "
        "and erasures; not less than `DATABASE_TIMEOUT_SECONDS`.",
    )
    database_connection_max_age_seconds: Annotated[Seconds, Field(gt=0)] = Field(
        MAX_AGE_SECONDS,
        description="How long a connection is used, some of them up to a fifth less; so they move "
        "when the database's address leads elsewhere.",
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
