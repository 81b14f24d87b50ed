"""What waits, in a line for each origin, and who is next: fair queueing, as in RFC 8290."""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
_QUANTUM = 6
"""How many are taken of a line while it is new: a browser asks so many at once."""


class Lines(Generic[T]):
    """Each origin has a line of its own, in the order of coming, and one of each is taken in turn.

    Every other one is of a line that is new, until a quantum of it was taken: so whoever asks for
    less than its share waits for hardly anybody, however much others ask for.
    """

    def __init__(self) -> None:
        self._old: dict[str, deque[T]] = {}
        self._new: dict[str, deque[T]] = {}
        self._quantum_left: dict[str, int] = {}
        self._is_turn_of_new = True
        self.count = 0
        """How many wait."""

    def add(self, origin: str, waiting: T) -> None:
        """Have one more wait, at the end of the line of its origin."""
        line = self._line(origin)
        if line is None:
            line = self._new[origin] = deque()
            self._quantum_left[origin] = _QUANTUM
        line.append(waiting)
        self.count += 1

    def first_of(self, origin: str) -> T | None:
        """Who is first in the line of an origin."""
        line = self._line(origin)
        return line[0] if line else None

    def first(self) -> T | None:
        """Who is first in the line that has waited for longest, if any does."""
        line = next(iter((self._old or self._new).values()), None)
        return line[0] if line else None

    def number_before(self, origin: str) -> int:
        """How many are taken before who comes now from there."""
        line = self._line(origin) or ()
        if not line or len(line) < self._quantum_left.get(origin, 0):
            lines = 2 * len(self._new)
        else:
            lines = len(self._old) + len(self._new)
        return min(self.count, max(len(line), 1) * lines)

    def take_next(self, is_taken: Callable[[T], bool]) -> T | None:
        """Take who is next, if there is anybody and `is_taken` says so; others are next then."""
        if not self.count:
            return None
        is_new = self._is_turn_of_new if self._old and self._new else not self._old
        self._is_turn_of_new = not is_new
        lines = self._new if is_new else self._old
        origin = next(iter(lines))
        line = lines.pop(origin)
        taken = line.popleft() if is_taken(line[0]) else None
        if taken is not None:
            self.count -= 1
            if self._is_quantum_used_up(origin):
                lines = self._old
        if line:
            lines[origin] = line
        else:
            self._quantum_left.pop(origin, None)
        return taken

    def _line(self, origin: str) -> deque[T] | None:
        return self._old.get(origin) or self._new.get(origin)

    def _is_quantum_used_up(self, origin: str) -> bool:
        """Whether the line is a new one no more, now that one more of it is taken."""
        left = self._quantum_left.pop(origin, 1) - 1
        if left:
            self._quantum_left[origin] = left
        return not left
