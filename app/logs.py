"""Structured logs: one line an event on standard error, JSON in production."""

import logging
import sys
from collections.abc import Callable
from traceback import format_tb

import orjson
import structlog
from structlog.typing import ExcInfo, Processor


def configure_logs(*, is_json: bool) -> None:
    """Send our lines, and the libraries' warnings, where operators look."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
    renderer: Processor = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    loggers: Callable[..., object] = structlog.PrintLoggerFactory(sys.stderr)
    if is_json:
        renderer = structlog.processors.JSONRenderer(serializer=_json)
        loggers = structlog.BytesLoggerFactory(sys.stderr.buffer)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(_without_details),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=loggers,
        cache_logger_on_first_use=True,
    )


# Any: an event holds values of any kind; what JSON has no word for is written as text.
def _json(event: object, **_options: object) -> bytes:
    return orjson.dumps(event, default=str)


def _without_details(exc_info: ExcInfo) -> str:
    """Tracebacks with the first line of each message: PostgreSQL quotes rows in the others."""
    parts: list[str] = []
    error: BaseException | None = exc_info[1]
    while error is not None:
        message = str(error).partition("\n")[0]
        parts.append(f"{''.join(format_tb(error.__traceback__))}{type(error).__name__}: {message}")
        error = error.__cause__ or error.__context__
    return "\n".join(reversed(parts))
