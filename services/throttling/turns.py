"""Turns: what one caller may have under way in this process at once; more waits its turn.

A process has one core. Who sends more than it can do would have it spend the core on them, and
everybody else would wait behind; so that the line that forms is each caller's own.
"""

import asyncio
from collections import deque
from contextvars import ContextVar

MOST_WAITING = 250
"""How many operations of one caller may wait."""
PATIENCE_SECONDS = 5.0
"""How long one waits at most."""


class NoTurn(Exception):
    """Too many of the caller's operations wait, or this one has waited too long."""


class Turn:
    """One operation's turn; it ends once, however often it is ended."""

    __slots__ = ("_caller", "_turns")

    def __init__(self, turns: "Turns", caller: str) -> None:
        self._turns: Turns | None = turns
        self._caller = caller

    def end(self) -> None:
        """Pass the turn on."""
        if self._turns is not None:
            self._turns.pass_on(self._caller)
            self._turns = None


_of_this_operation: ContextVar[Turn | None] = ContextVar("turn", default=None)


def give_up_turn() -> None:
    """Say that what is left of the operation at work is waiting, as for a model."""
    turn = _of_this_operation.get()
    if turn is not None:
        turn.end()


class Turns:
    """Gives every caller up to `most_at_once`, in the order of asking; with 0 all that they want.

    What it knows of a caller is forgotten with the last turn.
    """

    def __init__(
        self,
        most_at_once: int,
        *,
        most_waiting: int = MOST_WAITING,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._most_at_once = most_at_once
        self._most_waiting = most_waiting
        self._patience_seconds = patience_seconds
        self._taken: dict[str, int] = {}
        self._waiting: dict[str, deque[asyncio.Future[bool]]] = {}

    def __len__(self) -> int:
        """How many callers have turns."""
        return len(self._taken)

    async def take(self, caller: str) -> Turn:
        """Wait for a turn, which the operation at work has until it is ended; raises `NoTurn`."""
        turn = self.take_free(caller)
        if turn is None:
            await self._wait(caller)
            turn = self._given(caller)
        return turn

    def take_free(self, caller: str) -> Turn | None:
        """As `take`, where nobody has to wait for it."""
        taken = self._taken.get(caller, 0)
        if taken >= self._most_at_once and self._most_at_once:
            return None
        self._taken[caller] = taken + 1
        return self._given(caller)

    def _given(self, caller: str) -> Turn:
        turn = Turn(self, caller)
        _of_this_operation.set(turn)
        return turn

    def pass_on(self, caller: str) -> None:
        """Give a turn that has ended to who has waited longest for it."""
        for waiter in self._waiting.get(caller, ()):
            if not waiter.done():
                waiter.set_result(True)
                return
        if self._taken[caller] == 1:
            del self._taken[caller]
        else:
            self._taken[caller] -= 1

    async def _wait(self, caller: str) -> None:
        """Wait until a turn is passed on, which is taken already then."""
        line = self._waiting.setdefault(caller, deque())
        if len(line) >= self._most_waiting:
            raise NoTurn
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[bool] = loop.create_future()
        line.append(waiter)
        patience = loop.call_later(self._patience_seconds, _give_up, waiter)
        try:
            if not await waiter:
                raise NoTurn
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.result():
                self.pass_on(caller)
            raise
        finally:
            patience.cancel()
            line.remove(waiter)
            if not line:
                self._waiting.pop(caller, None)


def _give_up(waiter: asyncio.Future[bool]) -> None:
    if not waiter.done():
        waiter.set_result(False)
