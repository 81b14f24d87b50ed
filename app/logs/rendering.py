"""Log events as bytes: JSON, or lines for a terminal. Rendering never raises."""

from collections.abc import Mapping
from datetime import UTC, datetime
from traceback import walk_tb
from types import TracebackType

import orjson
import structlog
from structlog.typing import EventDict, ExcInfo, Processor

from spans.current import current_trace_id

_LONGEST_ASCII_VALUE = 500


def render_json(logger: object, level: str, event: EventDict) -> bytes:
    """The event as one line of JSON, without the newline."""
    event["level"] = level
    event["timestamp"] = datetime.now(UTC)
    trace_id = current_trace_id()
    if trace_id is not None:
        event["trace_id"] = trace_id
    try:
        if "exc_info" in event:
            event = _with_traceback(logger, level, event)
        # What JSON has no type for is rendered as text.
        return orjson.dumps(event, default=str, option=orjson.OPT_UTC_Z)
    except Exception:  # noqa: BLE001 - a number beyond 64 bits, a lone surrogate, a failing __str__
        return orjson.dumps(as_ascii(event))


def console_renderer(*, is_colored: bool) -> Processor:
    """A processor that renders an event for a terminal."""
    with_time = structlog.processors.TimeStamper(fmt="iso", utc=True)
    draw = structlog.dev.ConsoleRenderer(colors=is_colored)

    def render(logger: object, level: str, event: EventDict) -> bytes:
        event["level"] = level
        trace_id = current_trace_id()
        if trace_id is not None:
            event["trace_id"] = trace_id
        try:
            if "exc_info" in event:
                event = _with_traceback(logger, level, event)
            event = _without_control_characters(with_time(logger, level, event))
            return draw(logger, level, event).encode()
        except Exception:  # noqa: BLE001 - as in render_json
            return draw(logger, level, as_ascii(event)).encode()

    return render


def escaped(text: str) -> str:
    """The text with characters that a terminal or a line reader would act on as escape codes."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def as_ascii(event: Mapping[str, object]) -> dict[str, str]:
    """The event with shortened ASCII texts as values, for an event that cannot be rendered."""
    texts = ((name, _text_of(value)[:_LONGEST_ASCII_VALUE]) for name, value in event.items())
    return {name: text if text.isascii() else ascii(text) for name, text in texts}


def _text_of(value: object) -> str:
    """The value as text, or the name of its class where `str` fails."""
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - any __str__ may fail in any way
        return f"<{type(value).__name__}>"


def _without_control_characters(event: EventDict) -> EventDict:
    for name, value in event.items():
        if name != "exception" and isinstance(value, str) and not value.isprintable():
            event[name] = escaped(value)
    return event


def _format_exception(exc_info: ExcInfo) -> str:
    """The chain of tracebacks, with the first line of each message.

    PostgreSQL quotes values of rows in the other lines.
    """
    parts: list[str] = []
    error: BaseException | None = exc_info[1]
    while error is not None:
        message = _text_of(error).partition("\n")[0]
        parts.append(f"{_format_frames(error.__traceback__)}{type(error).__name__}: {message}")
        error = error.__cause__ or error.__context__
    return "\n".join(reversed(parts))


def _format_frames(traceback: TracebackType | None) -> str:
    """The location of each frame, without its source line.

    The source may hold anything: since Python 3.13 it is known also for `python -c`. Reading it
    from files would block, too.
    """
    return "".join(
        f'  File "{frame.f_code.co_filename}", line {line}, in {frame.f_code.co_qualname}\n'
        for frame, line in walk_tb(traceback)
    )


_with_traceback = structlog.processors.ExceptionRenderer(_format_exception)
