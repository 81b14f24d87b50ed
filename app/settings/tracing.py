"""Settings of traces that are sent to a collector of OpenTelemetry."""

from typing import Annotated

from pydantic import Field

from app.settings.fields.base import SettingsGroup
from app.settings.fields.field_types import BaseUrl


class TracingSettings(SettingsGroup):
    """Where traces go, and of which requests."""

    otel_exporter_otlp_endpoint: BaseUrl | None = Field(
        None,
        description="Where traces go: a collector of OpenTelemetry that takes OTLP over HTTP, like "
        "`http://collector:4318`; `/v1/traces` is added. The other variables of OpenTelemetry's "
        "SDK hold too (`OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_BSP_…`).",
    )
    otel_service_name: str = Field(
        "guidance-api", min_length=1, description="What the collector calls this service."
    )
    otel_traces_sampler_arg: Annotated[float, Field(ge=0, le=1)] = Field(
        0.01,
        description="The share of requests whose traces are sent, besides those over their budget "
        "or failed, and those that a caller of `GRAPHQL_TRACE_CALLERS` samples.",
    )
    otel_traces_others_per_second: Annotated[float, Field(ge=1, le=10_000)] = Field(
        20,
        description="The most requests a second, in each process, whose traces are sent though "
        "they were not drawn.",
    )
