"""What a store keeps, and what it can be asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class StoreAway(Exception):
    """The store does not answer at present; the database does."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a key has: a value, or the lease under which one may be filled.

    `token` is the version of the key: an invalidation takes it away, and no other lease ever has
    it. `age_seconds` counts from the lease, so from before the database was read. An entry that
    is not trusted may have outlived an invalidation that the store never saw.
    """

    token: bytes
    payload: bytes | None
    age_seconds: float
    is_trusted: bool = True

    @property
    def is_lease(self) -> bool:
        """Whether a value read now may be filled under it."""
        return self.is_trusted and self.payload is None


@dataclass(frozen=True, slots=True)
class Fill:
    """A value that was read from the database under the lease `token`."""

    key: str
    token: bytes
    payload: bytes


class Store(Protocol):
    """Where entries are kept; each method takes all keys in one round trip."""

    def peek(self, key: str) -> Entry | None:
        """What the key has, where that is known here; None where the store has to be asked."""

    async def read(self, keys: Sequence[str]) -> list[Entry | None]:
        """Give what each key has; raises `StoreAway`."""

    async def lease(self, refused: Mapping[str, bytes]) -> list[Entry]:
        """Give what each key has then, after leasing those that have nothing.

        An entry whose token is the one given with its key is refused: it is replaced by a new
        lease. Raises `StoreAway`.
        """

    async def fill(self, fills: Sequence[Fill]) -> int:
        """Keep the values whose lease still stands, and give their number.

        A value lives as long as its lease would have. Raises `StoreAway`.
        """

    async def forget(self, keys: Sequence[str]) -> None:
        """Take away values and leases; no fill under a lease of before is kept after this."""

    async def is_here(self) -> bool:
        """Whether the store answers now."""
