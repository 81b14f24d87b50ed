"""What is kept of texts that clients register, and where."""

from dataclasses import dataclass
from typing import Protocol

BRIEFLY_SECONDS = 60
"""How long a process has a text by itself that is not to last."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most texts that are kept, the most characters of each, and for how long.

    All of them together hold so many bytes at most, in each process and in Redis.
    """

    count: int
    characters: int
    lifetime_seconds: int
    total_bytes: int


class Texts(Protocol):
    """Texts by the ids that they have as documents."""

    async def get(self, id_: str) -> str | None:
        """The text, while it is kept."""
        ...

    async def keep(self, id_: str, text: str, *, is_brief: bool = False) -> None:
        """Keep a text, if `is_brief` in this process's memory and for a minute at most.

        One that is too long is not kept.
        """
        ...
