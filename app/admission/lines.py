"""What waits, in a line for each origin, and who is next."""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
_SHORT_QUEUE = 16
"""A line of more is not looked for among the shortest."""
_ROUND = 4
"""Of so many one is of the line whose turn it is, and the others are of the shortest."""


class FairQueue(Generic[T]):
    """Each origin has a line of its own, in the order of coming.

    Of four, three are taken of the shortest line, and one of the line whose turn it is. So whoever
    has little waiting hardly waits, however much and however dear what others ask for is, and
    nobody waits for ever.
    """

    def __init__(self) -> None:
        # In the order of their turns.
        self._lines: dict[str, deque[T]] = {}
        self._clients_by_length: dict[int, dict[str, None]] = {}
        self._place_in_round = 0
        self.count = 0
        """How many wait."""

    def __len__(self) -> int:
        """How many wait."""
        return self.count

    def add(self, client_key: str, waiting: T) -> None:
        """Have one more wait, at the end of the line of its origin."""
        line = self._lines.get(client_key)
        if line is None:
            line = self._lines[client_key] = deque()
        line.append(waiting)
        self.count += 1
        self._move(client_key, len(line) - 1, len(line))

    def first_of(self, client_key: str) -> T | None:
        """Who is first in the line of an origin."""
        line = self._lines.get(client_key)
        return line[0] if line else None

    def first(self) -> T | None:
        """Who is first in the line whose turn is next."""
        line = next(iter(self._lines.values()), None)
        return line[0] if line else None

    def number_before(self, client_key: str) -> int:
        """How many are taken before who comes now from there, about."""
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

    def take_next(self, is_taken: Callable[[T], bool]) -> T | None:
        """Take who is next, if there is anybody and `is_taken` says so; others are next then."""
        if not self.count:
            return None
        self._place_in_round = (self._place_in_round + 1) % _ROUND
        client_key = self._shortest() if self._place_in_round else next(iter(self._lines))
        line = self._lines.pop(client_key)
        taken = line.popleft() if is_taken(line[0]) else None
        if line:
            self._lines[client_key] = line
        if taken is not None:
            self.count -= 1
            self._move(client_key, len(line) + 1, len(line))
        return taken

    def _shortest(self) -> str:
        return next(iter(self._clients_by_length[min(self._clients_by_length)]))

    def _move(self, client_key: str, before: int, now: int) -> None:
        """Note that the line of an origin is longer or shorter than before."""
        if before:
            client_keys = self._clients_by_length[before]
            del client_keys[client_key]
            if not client_keys:
                del self._clients_by_length[before]
        if now:
            self._clients_by_length.setdefault(now, {})[client_key] = None
