"""Where log events go: ours through structlog, those of libraries through `logging`."""

import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

import structlog
from structlog.typing import EventDict

from app.logs.rendering import console_renderer, render_json
from app.logs.request_log import RequestLog

_request_log: RequestLog | None = None


def configure_logs(*, is_json: bool) -> None:
    """Send our events, and the libraries' warnings, to standard error.

    As JSON every line is one event, also those of libraries and Python's warnings. Logging never
    raises: a value that cannot be rendered is replaced, and a line that cannot be written is lost.
    """
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
    write = _line_writer(sys.stderr.buffer)
    global _request_log  # noqa: PLW0603 - logging is configured once a process
    _request_log = RequestLog(write) if is_json else None
    if is_json:
        logging.captureWarnings(True)
        logging.getLogger().handlers[:] = [_JsonHandler(write)]
    structlog.configure(
        # One processor, so that replacing it never leaves a half-replaced list to another thread.
        processors=[render_json if is_json else console_renderer(is_colored=sys.stderr.isatty())],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_names: _LineLogger(write),
        cache_logger_on_first_use=True,
    )


def log_request(event: dict[str, object]) -> None:
    """Log a request; as JSON this skips structlog, since every request has such a line."""
    if _request_log is None:
        structlog.get_logger("guidance.request").info("request", **event)
    else:
        _request_log.add(event)


def flush_requests() -> None:
    """Write the buffered lines of requests."""
    if _request_log is not None:
        _request_log.flush()


class _LineLogger:
    """The logger that structlog gives rendered bytes to, by the name of their level."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write

    def info(self, *lines: bytes, **_event: object) -> None:
        """Write a line; an event that was not rendered is dropped."""
        for line in lines:
            self._write(line + b"\n")

    debug = warning = error = critical = exception = info


class _JsonHandler(logging.Handler):
    """Writes what libraries log in the format of our events."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        super().__init__()
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        event: EventDict = {"event": record.getMessage(), "logger": record.name}
        if record.exc_info is not None and record.exc_info[1] is not None:
            event["exc_info"] = record.exc_info
        self._write(render_json(None, record.levelname.lower(), event) + b"\n")


def _line_writer(stream: BinaryIO) -> Callable[[bytes], None]:
    """A function that writes a line without buffering, in one system call where that is possible.

    If the disk is full or the reader has gone, the line is lost and nothing is raised.
    """
    write = getattr(stream, "raw", stream).write

    def write_line(line: bytes) -> None:
        with suppress(OSError, ValueError):  # ValueError: the stream is closed
            length = write(line) or 0
            if length != len(line):
                stream.write(line[length:])
                stream.flush()

    return write_line
