"""The sink of a reply that is returned whole, or not at all."""

from collections.abc import Callable

from services.generation.records import ReplyDraft, ReplyOutcome


class BufferedSink:
    """A `TextSink` that collects a text in memory."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    @property
    def text(self) -> str:
        """See `TextSink`."""
        return "".join(self._parts)

    @property
    def ends(self) -> tuple[int, ...]:
        """See `TextSink`; the text is not cut into pieces."""
        return ()

    async def open(self, draft: Callable[[], ReplyDraft]) -> None:
        """See `TextSink`."""

    def add(self, text: str) -> None:
        """See `TextSink`."""
        self._parts.append(text)

    async def close(self) -> None:
        """See `TextSink`."""

    async def finish(self, outcome: ReplyOutcome | None) -> None:
        """See `TextSink`."""
