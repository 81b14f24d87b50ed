"""Turns: how many operations of one caller a process works on at once; the others wait.

A process has one core. Without turns, a caller who sends more than it can do would keep everybody
waiting; with them, each caller's operations wait only for one another. An operation that waits for
somebody else, such as a model, gives its turn up meanwhile.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TypeAlias

MOST_WAITING = 250
"""How many operations of one caller may wait."""
PATIENCE_SECONDS = 5.0
"""How long one waits at most."""
MOST_AWAY = 500
"""How many operations of one caller may have given their turn up; one more keeps its own."""
_Lines: TypeAlias = dict[str, deque[asyncio.Future[bool]]]


class NoTurn(Exception):
    """Too many of the caller's operations wait, or this one has waited too long."""


class Turn:
    """One operation's turn; it ends once, however often it is ended."""

    __slots__ = ("_caller", "_is_away", "_leaves", "_turns")

    def __init__(self, turns: "Turns", caller: str) -> None:
        self._turns: Turns | None = turns
        self._caller = caller
        self._leaves = 0
        self._is_away = False

    def end(self) -> None:
        """Pass the turn on."""
        turns, self._turns = self._turns, None
        if turns is None:
            return
        if self._is_away:
            turns.forget_away(self._caller)
        else:
            turns.pass_on(self._caller)

    def leave(self) -> None:
        """Give the turn up until `come_back` was called as often; not where too many have."""
        self._leaves += 1
        if self._leaves == 1 and self._turns is not None:
            self._is_away = self._turns.give_up(self._caller)

    async def come_back(self) -> None:
        """Wait for the turn again, before whoever has had none, and however long that takes."""
        self._leaves -= 1
        if self._leaves or not self._is_away or self._turns is None:
            return
        await self._turns.take_back(self._caller)
        self._is_away = False


_of_this_operation: ContextVar[Turn | None] = ContextVar("turn", default=None)


@asynccontextmanager
async def turn_given_up() -> AsyncIterator[None]:
    """Give up the turn of the operation at work while the block waits for somebody else.

    Leaving the block waits for the turn, so hold nothing then that others wait for, such as a lock.
    """
    turn = _of_this_operation.get()
    if turn is None:
        yield
        return
    turn.leave()
    try:
        yield
    except Exception:
        await turn.come_back()
        raise
    await turn.come_back()


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
        most_away: int = MOST_AWAY,
    ) -> None:
        self._most_at_once = most_at_once
        self._most_waiting = most_waiting
        self._patience_seconds = patience_seconds
        self._most_away = most_away
        self._taken: dict[str, int] = {}
        self._away: dict[str, int] = {}
        self._waiting: _Lines = {}
        self._returning: _Lines = {}

    def __len__(self) -> int:
        """How many callers have turns, or have given some up."""
        return len(self._taken.keys() | self._away.keys())

    async def take(self, caller: str) -> Turn:
        """Wait for a turn, which the operation at work has until it is ended; raises `NoTurn`."""
        turn = self.take_free(caller)
        if turn is None:
            if len(self._waiting.get(caller, ())) >= self._most_waiting:
                raise NoTurn
            await self._wait(self._waiting, caller, self._patience_seconds)
            turn = Turn(self, caller)
            _of_this_operation.set(turn)
        return turn

    def take_free(self, caller: str) -> Turn | None:
        """As `take`, where nobody has to wait for it."""
        taken = self._taken.get(caller, 0)
        if taken >= self._most_at_once and self._most_at_once:
            return None
        self._taken[caller] = taken + 1
        turn = Turn(self, caller)
        _of_this_operation.set(turn)
        return turn

    def pass_on(self, caller: str) -> None:
        """Give a turn that has ended to who has waited longest for it."""
        if self._returning or self._waiting:
            for lines in (self._returning, self._waiting):
                for waiter in lines.get(caller, ()):
                    if not waiter.done():
                        waiter.set_result(True)
                        return
        taken = self._taken.pop(caller)
        if taken > 1:
            self._taken[caller] = taken - 1

    def give_up(self, caller: str) -> bool:
        """Pass a turn on that is to be taken back; False, and nothing, where too many are."""
        away = self._away.get(caller, 0)
        if away >= self._most_away:
            return False
        self._away[caller] = away + 1
        self.pass_on(caller)
        return True

    async def take_back(self, caller: str) -> None:
        """Wait for a turn that was given up."""
        taken = self._taken.get(caller, 0)
        if taken >= self._most_at_once and self._most_at_once:
            await self._wait(self._returning, caller, None)
        else:
            self._taken[caller] = taken + 1
        self.forget_away(caller)

    def forget_away(self, caller: str) -> None:
        """Expect a turn back no more that was given up."""
        away = self._away.pop(caller)
        if away > 1:
            self._away[caller] = away - 1

    async def _wait(self, lines: _Lines, caller: str, patience_seconds: float | None) -> None:
        """Wait until a turn is passed on, which is taken already then."""
        line = lines.setdefault(caller, deque())
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[bool] = loop.create_future()
        line.append(waiter)
        patience = patience_seconds and loop.call_later(patience_seconds, _give_up, waiter)
        try:
            if not await waiter:
                raise NoTurn
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.result():
                self.pass_on(caller)
            raise
        finally:
            if patience:
                patience.cancel()
            line.remove(waiter)
            if not line:
                lines.pop(caller, None)


def _give_up(waiter: asyncio.Future[bool]) -> None:
    if not waiter.done():
        waiter.set_result(False)
