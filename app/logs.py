"""Structured logs: one line an event on standard error, JSON in production."""

import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from traceback import walk_tb
from types import TracebackType
from typing import BinaryIO

import orjson
import structlog
from structlog.typing import EventDict, ExcInfo, Processor

from app.ascii_events import as_ascii, text_of
from app.request_lines import RequestLines

_lines: RequestLines | None = None


def configure_logs(*, is_json: bool) -> None:
    """Send our lines, and the libraries' warnings, where operators look.

    As JSON every line is one event, those of libraries and of Python's warnings too. Logging never
    raises: a value that cannot be shown is shown otherwise, and a line that cannot be written lost.
    """
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
    write = _writer_to(sys.stderr.buffer)
    global _lines  # noqa: PLW0603 - logging is configured once a process
    _lines = RequestLines(write) if is_json else None
    if is_json:
        logging.captureWarnings(True)
        logging.getLogger().handlers[:] = [_Events(write)]
    structlog.configure(
        # One, so that whoever exchanges it never leaves half of them to another thread.
        processors=[_json if is_json else _console(is_colored=sys.stderr.isatty())],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_names: _Lines(write),
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


class _Lines:
    """What structlog hands the bytes of an event to, by the name of its level."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write

    def info(self, *lines: bytes, **_event: object) -> None:
        """Write a line; nothing of an event that nobody made a line of."""
        for line in lines:
            self._write(line + b"\n")

    debug = warning = error = critical = exception = info


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


def _without_control_characters(event: EventDict) -> EventDict:
    for name, value in event.items():
        if name != "exception" and isinstance(value, str) and not value.isprintable():
            event[name] = escaped(value)
    return event


def _writer_to(stream: BinaryIO) -> Callable[[bytes], None]:
    """What writes a line at once, in one piece where the system takes it in one.

    Where the disk is full or the reader has gone the line is lost, and not what it was about.
    """
    write = getattr(stream, "raw", stream).write

    def write_line(line: bytes) -> None:
        with suppress(OSError, ValueError):  # ValueError: the stream is closed
            length = write(line) or 0
            if length != len(line):
                stream.write(line[length:])
                stream.flush()

    return write_line


def _json(logger: object, level: str, event: EventDict) -> bytes:
    """The line of an event."""
    event["level"] = level
    event["timestamp"] = datetime.now(UTC)
    try:
        if "exc_info" in event:
            event = _with_traceback(logger, level, event)
        # What JSON has no word for is written as text.
        return orjson.dumps(event, default=str, option=orjson.OPT_UTC_Z)
    except Exception:  # noqa: BLE001 - a number beyond 64 bits, a lone surrogate, what breaks when it is shown
        return orjson.dumps(as_ascii(event))


def _console(*, is_colored: bool) -> Processor:
    """What makes the line of an event for a terminal."""
    with_time = structlog.processors.TimeStamper(fmt="iso", utc=True)
    draw = structlog.dev.ConsoleRenderer(colors=is_colored)

    def line_of(logger: object, level: str, event: EventDict) -> bytes:
        event["level"] = level
        try:
            if "exc_info" in event:
                event = _with_traceback(logger, level, event)
            event = _without_control_characters(with_time(logger, level, event))
            return draw(logger, level, event).encode()
        except Exception:  # noqa: BLE001 - as above
            return draw(logger, level, as_ascii(event)).encode()

    return line_of


def _without_details(exc_info: ExcInfo) -> str:
    """Tracebacks with the first line of each message: PostgreSQL quotes rows in the others."""
    parts: list[str] = []
    error: BaseException | None = exc_info[1]
    while error is not None:
        message = text_of(error).partition("\n")[0]
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
