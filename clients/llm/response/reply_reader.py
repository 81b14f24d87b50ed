"""Reading a reply from the bytes of its stream, and deciding whether it is complete."""

from collections.abc import Iterator

from clients.llm import FailureReason, GenerationReport
from clients.llm.response.chunks import DONE, parse_event, read_chunk, record_usage
from clients.llm.response.events import EventReader, EventTooLong
from clients.llm.response.failures import (
    AttemptFailed,
    empty,
    failure_in_stream,
    malformed,
    unavailable,
)

MOST_STREAM_BYTES = 64 * 1024 * 1024
_FAILURES_BY_FINISH = {
    "length": FailureReason.TOO_LONG,
    "max_tokens": FailureReason.TOO_LONG,
    "content_filter": FailureReason.REFUSED,
    "safety": FailureReason.REFUSED,
}
_BROKEN_FINISHES = frozenset({"error", "insufficient_system_resource"})


class ReplyReader:
    """Reads one reply; how its bytes are split does not matter.

    Some providers send a finish reason with every chunk. A finish reason without text, after the
    text, is final; one that comes with text counts only if no text follows.
    """

    def __init__(self, report: GenerationReport, *, most_characters: int) -> None:
        self._report = report
        self._characters_left = most_characters
        self._events = EventReader()
        self._bytes = 0
        self._finish: str | None = None
        self._is_empty = True
        self._is_refusal = False
        self._has_finish_reason = False
        self._had_early_finish_reason = False
        self.is_done = False
        self.has_finished = False
        """Whether a final finish reason has come: only token counts or `[DONE]` can follow."""

    def feed(self, piece: bytes) -> Iterator[str]:
        """Take the next bytes, and yield the text that they complete, in pieces that are not empty.

        Raises `AttemptFailed` after the text before it was yielded.
        """
        self._bytes += len(piece)
        if self._bytes > MOST_STREAM_BYTES:
            raise malformed()
        try:
            for event in self._events.feed(piece):
                yield from self._take(event)
                if self.is_done:
                    return
        except EventTooLong:
            raise malformed() from None

    def end(self) -> Iterator[str]:
        """End the stream, and yield the text that this completes; raises `AttemptFailed`.

        An event that was cut off midway is ignored.
        """
        for event in self._events.end():
            yield from self._take(event, is_cut_off=True)

    def check_complete(self, failure: AttemptFailed | None = None) -> None:
        """Raise `AttemptFailed` unless the reply is complete; `failure` is what ended the stream.

        A failure after the finish reason is ignored.
        """
        if failure is not None and not self._is_complete_despite_failure():
            raise failure
        if self._finish in _BROKEN_FINISHES or (not self.is_done and self._finish is None):
            # Without a finish reason the reply was cut off, even if the stream ended cleanly.
            raise unavailable()
        if self._finish in _FAILURES_BY_FINISH:
            raise AttemptFailed(_FAILURES_BY_FINISH[self._finish])
        if self._is_empty:
            is_refused = self._is_refusal
            raise AttemptFailed(FailureReason.REFUSED) if is_refused else empty()

    def _is_complete_despite_failure(self) -> bool:
        return self.has_finished or (
            self._has_finish_reason and not self._had_early_finish_reason and not self._is_empty
        )

    def _take(self, event: str, *, is_cut_off: bool = False) -> Iterator[str]:
        try:
            for value in parse_event(event):
                if value == DONE:
                    self.is_done = True
                    return
                yield from self._take_value(value)
        except (ValueError, RecursionError):
            if is_cut_off:
                return
            raise malformed() from None

    def _take_value(self, value: object) -> Iterator[str]:
        if isinstance(value, dict) and (error := value.get("error")):
            raise failure_in_stream(error)
        record_usage(value, self._report)
        chunk = read_chunk(value)
        self._is_refusal |= chunk.is_refusal
        if chunk.text:
            self._is_empty = False
            self._had_early_finish_reason |= self._finish is not None
            self._has_finish_reason = self.has_finished = False
            if self._characters_left:
                yield chunk.text[: self._characters_left]
            self._characters_left -= len(chunk.text)
            if self._characters_left < 0:
                raise AttemptFailed(FailureReason.TOO_LONG)
        if chunk.finish is not None:
            self._finish = chunk.finish
            self._has_finish_reason = True
            self.has_finished = not chunk.text and not self._is_empty
