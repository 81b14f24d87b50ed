"""Parsing server-sent events from bytes that may be split anywhere.

It follows the HTML standard, 9.2.6, with two differences: an event that is cut off by the end of
the stream is returned too, and fields other than `data` are ignored.
"""

import re
from collections.abc import Iterator

LONGEST_EVENT_BYTES = 4 * 1024 * 1024
"""Enough for the longest reply in a single event, with every character escaped."""
_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\r|\n")


class EventTooLong(Exception):
    """An event has more than `LONGEST_EVENT_BYTES`, or never ends."""


class EventReader:
    """Yields the data of each event once it is complete; buffers one event at most."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._is_first_line = True
        self._follows_cr = False

    def feed(self, piece: bytes) -> Iterator[str]:
        """Take the next bytes, and yield the events that they complete; raises `EventTooLong`."""
        if self._follows_cr and piece:
            # A line feed here belongs to the preceding carriage return.
            piece = piece.removeprefix(b"\n")
            self._follows_cr = False
        if not piece:
            return
        self._follows_cr = piece.endswith(b"\r")
        *ends, rest = _LINE_END.split(piece)
        for end in ends:
            event = self._take_line(self._completed(end))
            if event is not None:
                yield event
        if rest:
            self._buffer_part(rest)

    def end(self) -> Iterator[str]:
        """Yield the event that is cut off by the end of the stream, if there is one."""
        for line in (self._completed(b""), b""):
            event = self._take_line(line)
            if event is not None:
                yield event

    def _completed(self, end: bytes) -> bytes:
        self._buffer_part(end)
        line = bytes(self._line)
        self._line.clear()
        if self._is_first_line:
            self._is_first_line = False
            line = line.removeprefix(_BOM)
        return line

    def _buffer_part(self, part: bytes) -> None:
        self._line += part
        if self._data_bytes + len(self._line) > LONGEST_EVENT_BYTES:
            raise EventTooLong

    def _take_line(self, line: bytes) -> str | None:
        """The event that the line completes; None if it completes none."""
        if line:
            name, _, value = line.partition(b":")
            if name == b"data":
                self._data.append(value.removeprefix(b" "))
                self._data_bytes += len(line)
            return None
        data, self._data, self._data_bytes = self._data, [], 0
        return b"\n".join(data).decode(errors="replace") if data else None
