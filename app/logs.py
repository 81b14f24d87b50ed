"""Structured logs: one line an event on standard error, JSON in production."""

import logging
import sys
from traceback import format_tb

import orjson
import structlog
from structlog.typing import ExcInfo, Processor


def configure_logs(*, is_json: bool) -> None:
    """Send our lines, and the libraries' warnings, where operators look."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
    renderer: Processor = (
        structlog.processors.JSONRenderer(serializer=_json)
        if is_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(_without_details),
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


# Any: an event holds values of any kind; what JSON has no word for is written as text.
def _json(event: object, **_options: object) -> str:
    return orjson.dumps(event, default=str).decode()


def _without_details(exc_info: ExcInfo) -> str:
    """Tracebacks with the first line of each message: PostgreSQL quotes rows in the others."""
    parts: list[str] = []
    error: BaseException | None = exc_info[1]
    while error is not None:
        message = str(error).partition("\n")[0]
        parts.append(f"{''.join(format_tb(error.__traceback__))}{type(error).__name__}: {message}")
        error = error.__cause__ or error.__context__
    return "\n".join(reversed(parts))
