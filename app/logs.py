"""Structured logs: one line an event on standard error, JSON in production."""

import logging
import sys

import orjson
import structlog
from structlog.typing import Processor


def configure_logs(*, is_json: bool) -> None:
    """Send our lines, and the libraries' warnings, where operators look."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
    renderers: list[Processor] = (
        [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_json),
        ]
        if is_json
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *renderers,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


# Any: an event holds values of any kind; what JSON has no word for is written as text.
def _json(event: object, **_options: object) -> str:
    return orjson.dumps(event, default=str).decode()
