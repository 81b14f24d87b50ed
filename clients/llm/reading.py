"""What a model has said, from the bytes of its stream, and whether that is a whole reply."""

from collections.abc import Iterator

from clients.llm import FailureReason, GenerationReport
from clients.llm.chunks import DONE, note_usage, read_chunk, values_of
from clients.llm.events import EventReader, EventTooLong
from clients.llm.failures import AttemptFailed, failure_in_stream, malformed, unavailable

MOST_STREAM_BYTES = 64 * 1024 * 1024
_FAILURES_BY_FINISH = {
    "length": FailureReason.TOO_LONG,
    "max_tokens": FailureReason.TOO_LONG,
    "content_filter": FailureReason.REFUSED,
    "safety": FailureReason.REFUSED,
}
_BROKEN_FINISHES = frozenset({"error", "insufficient_system_resource"})


class ReplyReader:
    """Reads one reply; the same bytes give the same pieces, however they are split.

    Some providers send a reason to finish with every chunk. One that comes by itself, after the
    text, is believed at once; one that comes together with text counts only while no text follows.
    """

    def __init__(self, report: GenerationReport, *, most_characters: int) -> None:
        self._report = report
        self._left = most_characters
        self._events = EventReader()
        self._bytes = 0
        self._finish: str | None = None
        self._is_empty = True
        self._is_refusal = False
        self._reason_stands = False
        self._reasons_come_early = False
        self.is_done = False
        self.is_over = False
        """Whether a reason to end came by itself after the text: only remarks are to follow."""

    def feed(self, piece: bytes) -> Iterator[str]:
        """Take the next bytes, and give the pieces of text that they complete, none of them empty.

        Raises `AttemptFailed`, after the pieces before it.
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
        """Say that nothing follows, and give what that completes; raises `AttemptFailed`.

        An event that was cut off in its middle is none.
        """
        for event in self._events.end():
            yield from self._take(event, is_cut_off=True)

    def check_whole(self, failure: AttemptFailed | None = None) -> None:
        """Raise `AttemptFailed` unless the reply is whole; `failure` is what broke it off.

        A failure takes nothing from a reply that had said that it ends.
        """
        if failure is not None and not self._is_whole_despite_failure():
            raise failure
        if self._finish in _BROKEN_FINISHES or (not self.is_done and self._finish is None):
            # Without a reason to finish the reply has been cut, however politely.
            raise unavailable()
        if self._finish in _FAILURES_BY_FINISH:
            raise AttemptFailed(_FAILURES_BY_FINISH[self._finish])
        if self._is_empty:
            is_refused = self._is_refusal
            raise AttemptFailed(FailureReason.REFUSED) if is_refused else malformed()

    def _is_whole_despite_failure(self) -> bool:
        return self.is_over or (
            self._reason_stands and not self._reasons_come_early and not self._is_empty
        )

    def _take(self, event: str, *, is_cut_off: bool = False) -> Iterator[str]:
        try:
            for value in values_of(event):
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
        note_usage(value, self._report)
        chunk = read_chunk(value)
        self._is_refusal |= chunk.is_refusal
        if chunk.text:
            self._is_empty = False
            self._reasons_come_early |= self._finish is not None
            self._reason_stands = self.is_over = False
            if self._left:
                yield chunk.text[: self._left]
            self._left -= len(chunk.text)
            if self._left < 0:
                raise AttemptFailed(FailureReason.TOO_LONG)
        if chunk.finish is not None:
            self._finish = chunk.finish
            self._reason_stands = True
            self.is_over = not chunk.text and not self._is_empty
