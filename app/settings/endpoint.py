"""Settings of the GraphQL endpoint."""

from typing import Annotated

from pydantic import Field

from app.settings.group import SettingsGroup
from app.settings.types import (
    CommaSeparated,
    HeaderName,
    Origin,
    Positive,
    Seconds,
    StatusProfile,
    Switch,
)

_TRACE_SHARE = 1 / 16


class EndpointSettings(SettingsGroup):
    """What clients are shown, who may call, and the deadline."""

    graphql_introspection: Switch = Field(
        None,
        description="Whether the schema may be asked for, and errors hint at its names; by default "
        "only in development.",
    )
    graphql_ide: Switch = Field(
        None, description="Whether /graphql shows people a page; by default only in development."
    )
    graphql_server_timing: Switch = Field(
        None,
        description="Whether `Server-Timing` says what an answer took, in the database besides; by "
        "default only in development.",
    )
    graphql_trace_share: Annotated[float | None, Field(ge=0, le=1)] = Field(
        None,
        description="The share of requests of which it is noted what their time passed in, for "
        "`/metrics`; by default 0.0625, and 1 where `Server-Timing` is sent. A request that asks "
        "for it, by the flag of `traceparent`, is always one.",
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
    graphql_allowed_origins: CommaSeparated[Origin] = Field(
        (),
        description="Origins of pages elsewhere that may ask and read answers over HTTP (CORS) and "
        "open a WebSocket, separated by commas; in development also those of any localhost port.",
    )
    graphql_allowed_headers: CommaSeparated[HeaderName] = Field(
        (),
        description="Header fields that those pages may send beside ours and those of tracing "
        "tools (`traceparent`, `baggage`, `sentry-trace`, `x-datadog-…`), separated by commas.",
    )
    graphql_deadline_seconds: Annotated[Seconds, Field(gt=0)] = Field(
        15,
        description="How long a query, or one event of a subscription, may take; then it is "
        "broken off. A mutation is finished.",
    )

    @property
    def trace_share(self) -> float:
        """The share of requests that are traced."""
        if self.graphql_trace_share is not None:
            return self.graphql_trace_share
        return 1.0 if self.sends_server_timing else _TRACE_SHARE

    @property
    def sends_server_timing(self) -> bool:
        """Whether responses have the field Server-Timing."""
        return self.is_enabled(self.graphql_server_timing)
