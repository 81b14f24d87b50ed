"""The limits of persisted queries, and the Protocol of their stores."""

from dataclasses import dataclass
from typing import Protocol

LOCAL_SECONDS = 60
"""How long a process keeps a text that is only in its own memory."""


@dataclass(frozen=True, slots=True)
class TextLimits:
    """How many texts are stored, how long each may be, and for how long it is stored.

    `total_bytes` limits all texts together, in each process and in Redis.
    """

    count: int
    characters: int
    lifetime_seconds: int
    total_bytes: int


class TextStore(Protocol):
    """Stores texts under their document ids."""

    async def get(self, id_: str) -> str | None:
        """The text; None if it is not stored, or has expired."""
        ...

    async def put(self, id_: str, text: str, *, is_local: bool = False) -> None:
        """Store a text; with `is_local`, only in this process's memory and for a minute at most.

        A text that is too long is not stored.
        """
        ...
