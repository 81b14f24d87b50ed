"""Settings of the GraphQL endpoint."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, model_validator

from app.settings.fields.base import SettingsGroup
from app.settings.fields.field_types import (
    CommaSeparated,
    HeaderName,
    Origin,
    Positive,
    Proxy,
    Seconds,
    StatusProfile,
    Switch,
)

_TRACE_SHARE = 1 / 64
_LOOPBACK = ("127.0.0.0/8", "::1")


class EndpointSettings(SettingsGroup):
    """What clients are shown, who may call, and the deadline."""

    graphql_introspection: Switch = Field(
        None,
        description="Whether introspection is allowed, and errors suggest names of the schema; "
        "by default only in development.",
    )
    graphql_ide: Switch = Field(
        None,
        description="Whether /graphql shows browsers the explorer, and /chat a chat; by default "
        "only in development.",
    )
    graphql_ide_callers: Mapping[str, Mapping[str, str]] | None = Field(
        None,
        description="Whom the explorer can ask as: a JSON object of names with their header "
        "fields. `make run` sets it to the demo's person and company; refused in production.",
    )
    graphql_server_timing: Switch = Field(
        None,
        description="Whether responses have `Server-Timing`, with the time in total and in the "
        "database; by default only in development.",
    )
    graphql_trace_share: Annotated[float | None, Field(ge=0, le=1)] = Field(
        None,
        description="The share of requests that are traced for `/metrics`; by default 1 in 64, "
        "and 1 with `Server-Timing`.",
    )
    graphql_trace_callers: CommaSeparated[Proxy] | None = Field(
        None,
        description="Addresses and networks of callers whose `traceparent` decides whether their "
        "requests are traced, separated by commas: gateways and meshes that let no flag of a "
        "client's through. A router with its key decides too. Of others the trace's id is kept. "
        "By default none; in development those of the loopback interface.",
    )
    graphql_status_profile: StatusProfile = Field(
        StatusProfile.CURRENT,
        description="The HTTP statuses of responses: `current` has 400 for what cannot run and "
        "200 for what ran; `draft` has 422, and 294 for what ran with errors.",
    )
    graphql_max_body_bytes: Positive = Field(
        262_144,
        description="The largest request body (413 beyond) and WebSocket message (closed with "
        "1009 beyond).",
    )
    chat_stream_max_body_bytes: Positive = Field(
        2_097_152,
        description="The largest body of a POST to /chat/stream (413 beyond), which has the whole "
        "history of a chat though only its last message is read.",
    )
    graphql_max_batch: int = Field(
        0,
        ge=0,
        description="The most operations in one HTTP request with a list; 0 refuses lists.",
    )
    graphql_allowed_origins: CommaSeparated[Origin] = Field(
        (),
        description="Origins whose pages may call the API over HTTP (CORS) and WebSocket, "
        "separated by commas, like `https://chat.example,http://localhost:3000`; in development "
        "those of any localhost port too, in production no other.",
    )
    graphql_allowed_headers: CommaSeparated[HeaderName] = Field(
        (),
        description="Header fields that those pages may send in addition to ours and those of "
        "tracing tools (`traceparent`, `baggage`, `sentry-trace`, `x-datadog-…`), "
        "separated by commas.",
    )
    graphql_answers_remembered_seconds: Annotated[Seconds, Field(le=3_600)] = Field(
        60,
        description="How long it is remembered which answer a GET was given, so that polling costs"
        " no statement while nothing has changed; 0 remembers none. It needs `REDIS_URL`, by which"
        " every instance hears of each change, and bounds how long a change is unknown whose"
        " process was killed before it could tell.",
    )
    graphql_deadline_seconds: Annotated[Seconds, Field(gt=0)] = Field(
        15,
        description="How long a query, or one event of a subscription, may take; then it is "
        "cancelled. A mutation is finished.",
    )

    @model_validator(mode="after")
    def _shows_no_credentials_in_production(self) -> "EndpointSettings":
        if self.is_production and self.graphql_ide_callers:
            raise ValueError("GRAPHQL_IDE_CALLERS has credentials: not in production")
        return self

    @property
    def trace_share(self) -> float:
        """The share of requests that are traced."""
        if self.graphql_trace_share is not None:
            return self.graphql_trace_share
        return 1.0 if self.sends_server_timing else _TRACE_SHARE

    @property
    def trace_callers(self) -> tuple[str, ...]:
        """Addresses and networks whose decision about tracing is followed."""
        if self.graphql_trace_callers is not None:
            return tuple(self.graphql_trace_callers)
        return () if self.is_production else _LOOPBACK

    @property
    def sends_server_timing(self) -> bool:
        """Whether responses have the field Server-Timing."""
        return self.is_enabled(self.graphql_server_timing)
