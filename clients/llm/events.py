"""The events of a stream of server-sent events, however its bytes are split.

After the HTML standard, 9.2.6, with two differences: an event that the end of the stream cuts off
is given too, and fields other than `data` are passed over.
"""

import re
from collections.abc import Iterator

LONGEST_EVENT_BYTES = 4 * 1024 * 1024
"""More than the longest reply takes in one event, with every character escaped."""
_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\r|\n")


class EventTooLong(Exception):
    """An event has more than `LONGEST_EVENT_BYTES`, or never ends."""


class EventReader:
    """Gives the data of each event when its last byte has come; it holds one event at most."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._is_first_line = True
        self._follows_cr = False

    def feed(self, piece: bytes) -> Iterator[str]:
        """Take the next bytes, and give the events that they complete; raises `EventTooLong`."""
        if self._follows_cr and piece:
            # A line feed here is the second half of a line end.
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
            self._hold(rest)

    def end(self) -> Iterator[str]:
        """Give the event that the end of the stream cuts off, if there is one."""
        for line in (self._completed(b""), b""):
            event = self._take_line(line)
            if event is not None:
                yield event

    def _completed(self, end: bytes) -> bytes:
        self._hold(end)
        line = bytes(self._line)
        self._line.clear()
        if self._is_first_line:
            self._is_first_line = False
            line = line.removeprefix(_BOM)
        return line

    def _hold(self, part: bytes) -> None:
        self._line += part
        if self._data_bytes + len(self._line) > LONGEST_EVENT_BYTES:
            raise EventTooLong

    def _take_line(self, line: bytes) -> str | None:
        """The event that the line completes, if it does."""
        if line:
            name, _, value = line.partition(b":")
            if name == b"data":
                self._data.append(value.removeprefix(b" "))
                self._data_bytes += len(line)
            return None
        data, self._data, self._data_bytes = self._data, [], 0
        return b"\n".join(data).decode(errors="replace") if data else None
