"""Traces for a collector of OpenTelemetry, whose libraries are imported only where one is set."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.settings import Settings
from spans.current import exporting_with
from spans.exporter import Exporter


@asynccontextmanager
async def open_exporter(settings: Settings) -> AsyncIterator[Exporter | None]:
    """Open the exporter of this process; None where no endpoint is set.

    Jobs that start in the block export with it too. Leaving sends what is left.
    """
    if settings.otel_exporter_otlp_endpoint is None:
        yield None
        return
    from spans.otlp import OtlpExporter

    exporter = OtlpExporter(
        settings.otel_exporter_otlp_endpoint,
        service_name=settings.otel_service_name,
        share=settings.otel_traces_sampler_arg,
        most_others_per_second=settings.otel_traces_others_per_second,
    )
    try:
        with exporting_with(exporter):
            yield exporter
    finally:
        await asyncio.to_thread(exporter.close)
