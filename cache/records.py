"""Cache entries, and the Protocol of their stores."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol


class StoreUnavailable(Exception):
    """The store does not answer now; ask the database instead."""


# Any, below: a payload is bytes in Redis, and the value itself in memory.
class Entry(NamedTuple):
    """The entry of a key: a value, or a lease under which a value may be filled.

    `token` is the version of the key: it is unique to the lease, and an invalidation removes it.
    `age_seconds` counts from the lease, so from before the database was read. An entry that is not
    trusted may be older than an invalidation that the store has missed.
    """

    token: bytes
    payload: Any
    age_seconds: float
    is_trusted: bool = True

    @property
    def is_lease(self) -> bool:
        """Whether a value that is read now may be filled under this entry."""
        return self.is_trusted and self.payload is None


class Fill(NamedTuple):
    """A value that was read from the database under the lease `token`."""

    key: str
    token: bytes
    payload: Any


class Store(Protocol):
    """Stores entries; each method handles all its keys in one round trip."""

    def peek(self, key: str) -> Entry | None:
        """The entry of a key, if it is in this process; None if the store has to be asked."""

    async def read(self, keys: Sequence[str]) -> list[Entry | None]:
        """The entry of each key; raises `StoreUnavailable`."""

    async def lease(self, refused: Mapping[str, bytes]) -> list[Entry]:
        """The entry of each key, after leasing those without one.

        An entry with the refused token given for its key is replaced by a new lease.

        Raises `StoreUnavailable`.
        """

    async def fill(self, fills: Sequence[Fill]) -> int:
        """Store the values whose lease is still valid, and return how many.

        A value expires when its lease would have. Raises `StoreUnavailable`.
        """

    async def forget(self, keys: Sequence[str]) -> None:
        """Invalidate keys; a fill under an earlier lease is not stored after this."""

    async def is_available(self) -> bool:
        """Whether the store answers now."""
