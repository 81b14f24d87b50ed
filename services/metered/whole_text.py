"""The text of a reply that is given whole, or not at all."""

from collections.abc import Callable

from services.generation.records import Written


class WholeText:
    """Collects a text: a `Sink` that nobody reads before its end."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    @property
    def text(self) -> str:
        """See `Sink`."""
        return "".join(self._parts)

    @property
    def ends(self) -> tuple[int, ...]:
        """See `Sink`; it has no pieces."""
        return ()

    async def open(self, written: Callable[[], Written]) -> None:
        """See `Sink`."""

    def add(self, text: str) -> None:
        """See `Sink`."""
        self._parts.append(text)

    async def close(self) -> None:
        """See `Sink`."""

    async def finish(self, *, is_recorded: bool) -> None:
        """See `Sink`."""
