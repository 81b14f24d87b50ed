"""Structured logs: one line an event on standard error, JSON in production."""

import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from traceback import walk_tb
from types import TracebackType
from typing import BinaryIO

import orjson
import structlog
from structlog.typing import EventDict, ExcInfo, Processor

from app.request_lines import RequestLines

_lines: RequestLines | None = None


def configure_logs(*, is_json: bool) -> None:
    """Send our lines, and the libraries' warnings, where operators look.

    As JSON every line is one event, those of libraries and of Python's warnings too.
    """
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
    global _lines  # noqa: PLW0603 - logging is configured once a process
    _lines = None
    if is_json:
        write = _writer_to(sys.stderr.buffer)
        _lines = RequestLines(write)
        logging.captureWarnings(True)
        logging.getLogger().handlers[:] = [_Events(write)]
    processors: list[Processor] = [_json]
    loggers: Callable[..., object] = structlog.BytesLoggerFactory(sys.stderr.buffer)
    if not is_json:
        processors = [
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _with_traceback,
            _without_control_characters,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ]
        loggers = structlog.PrintLoggerFactory(sys.stderr)
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=loggers,
        cache_logger_on_first_use=True,
    )


def log_request(event: dict[str, object]) -> None:
    """Write the line of a request, which every one has: past what structlog does for any event."""
    if _lines is None:
        structlog.get_logger("guidance.request").info("request", **event)
    else:
        _lines.add(event)


def flush_requests() -> None:
    """Write the lines of requests that have ended a moment ago."""
    if _lines is not None:
        _lines.flush()


class _Events(logging.Handler):
    """Writes what libraries log as events of ours."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        super().__init__()
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        event: EventDict = {"event": record.getMessage(), "logger": record.name}
        if record.exc_info is not None and record.exc_info[1] is not None:
            event["exc_info"] = record.exc_info
        self._write(_json(None, record.levelname.lower(), event) + b"\n")


def escaped(text: str) -> str:
    """The text with what a terminal or a reader of lines would obey written as its numbers."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def _without_control_characters(_logger: object, _level: str, event: EventDict) -> EventDict:
    for name, value in event.items():
        if name != "exception" and isinstance(value, str) and not value.isprintable():
            event[name] = escaped(value)
    return event


def _writer_to(stream: BinaryIO) -> Callable[[bytes], None]:
    """What writes a line at once, in one piece where the system takes it in one."""
    write = getattr(stream, "raw", stream).write

    def write_line(line: bytes) -> None:
        length = write(line) or 0
        if length != len(line):
            stream.write(line[length:])
            stream.flush()

    return write_line


def _json(logger: object, level: str, event: EventDict) -> bytes:
    """The line of an event."""
    if "exc_info" in event:
        event = _with_traceback(logger, level, event)
    event["level"] = level
    event["timestamp"] = datetime.now(UTC)
    # What JSON has no word for is written as text.
    return orjson.dumps(event, default=str, option=orjson.OPT_UTC_Z)


def _without_details(exc_info: ExcInfo) -> str:
    """Tracebacks with the first line of each message: PostgreSQL quotes rows in the others."""
    parts: list[str] = []
    error: BaseException | None = exc_info[1]
    while error is not None:
        message = str(error).partition("\n")[0]
        parts.append(f"{_places(error.__traceback__)}{type(error).__name__}: {message}")
        error = error.__cause__ or error.__context__
    return "\n".join(reversed(parts))


def _places(traceback: TracebackType | None) -> str:
    """Where each frame is, and not what is written there.

    Since Python 3.13 the source of what was no file is known too, as of `python -c`: it may hold
    anything. And nobody waits for files to be read.
    """
    return "".join(
        f'  File "{frame.f_code.co_filename}", line {line}, in {frame.f_code.co_qualname}\n'
        for frame, line in walk_tb(traceback)
    )


_with_traceback = structlog.processors.ExceptionRenderer(_without_details)
