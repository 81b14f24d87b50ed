"""A queue that is fair between clients."""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
_SHORT_QUEUE = 16
"""A longer queue is not compared with shorter ones to estimate its wait."""
_ROUND = 4
"""One of so many is taken in round-robin order, the others from the shortest queue."""


class FairQueue(Generic[T]):
    """One first-in, first-out queue for each client.

    Of four items three are taken from the shortest queue, and one in round-robin order. So a
    client with few waiting requests hardly waits, whatever others send, and nobody starves.
    """

    def __init__(self) -> None:
        # In round-robin order.
        self._lines: dict[str, deque[T]] = {}
        self._clients_by_length: dict[int, dict[str, None]] = {}
        self._place_in_round = 0
        self.count = 0
        """How many wait."""

    def __len__(self) -> int:
        """How many wait."""
        return self.count

    def add(self, client_key: str, waiting: T) -> None:
        """Append an item to the client's queue."""
        line = self._lines.get(client_key)
        if line is None:
            line = self._lines[client_key] = deque()
        line.append(waiting)
        self.count += 1
        self._move(client_key, len(line) - 1, len(line))

    def first_of(self, client_key: str) -> T | None:
        """The first item of the client's queue."""
        line = self._lines.get(client_key)
        return line[0] if line else None

    def first(self) -> T | None:
        """The first item of the queue that is next in round-robin order."""
        line = next(iter(self._lines.values()), None)
        return line[0] if line else None

    def number_before(self, client_key: str) -> int:
        """About how many items are taken before the next one that this client adds."""
        own = max(len(self._lines.get(client_key, ())), 1)
        in_turn = own * len(self._lines)
        if own > _SHORT_QUEUE:
            return min(self.count, in_turn)
        shorter = sum(
            length * len(client_keys)
            for length, client_keys in self._clients_by_length.items()
            if length <= own
        )
        return min(self.count, in_turn, shorter + shorter // (_ROUND - 1))

    def take_next(self, is_taken: Callable[[T], bool] | None = None) -> T | None:
        """Take the next item, only if `is_taken` accepts it; otherwise another queue is next."""
        if not self.count:
            return None
        self._place_in_round = (self._place_in_round + 1) % _ROUND
        client_key = self._shortest() if self._place_in_round else next(iter(self._lines))
        line = self._lines.pop(client_key)
        taken = line.popleft() if is_taken is None or is_taken(line[0]) else None
        if line:
            self._lines[client_key] = line
        if taken is not None:
            self.count -= 1
            self._move(client_key, len(line) + 1, len(line))
        return taken

    def _shortest(self) -> str:
        return next(iter(self._clients_by_length[min(self._clients_by_length)]))

    def _move(self, client_key: str, before: int, now: int) -> None:
        """Record the new length of a client's queue."""
        if before:
            client_keys = self._clients_by_length[before]
            del client_keys[client_key]
            if not client_keys:
                del self._clients_by_length[before]
        if now:
            self._clients_by_length.setdefault(now, {})[client_key] = None
