"""Sessions that are kept open and lent to one user at a time; who waits longest is next."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg

from db.line import Line, Turn
from db.session import Session

_MENDING_SECONDS = 10
_CLOSING_SECONDS = 10


class Pool:
    """At most `size` sessions, made by `connect` when they are first needed.

    The last one given back is the first one lent: it is the warmest, and what is not needed stays
    idle. Taking one that is idle and giving it back wait for nothing.
    """

    def __init__(self, connect: Callable[[], Awaitable[Session]], size: int) -> None:
        self._connect = connect
        self._size = size
        self._idle: list[Session] = []
        self._taken = 0
        self._waiting = Line()
        self._mending: set[asyncio.Task[None]] = set()

    def take_idle(self) -> Session | None:
        """A session that can be had at once; None where there is none."""
        while self._idle:
            session = self._idle.pop()
            if not session.is_closed():
                self._taken += 1
                return session
        return None

    async def take(self, patience_seconds: float) -> Session:
        """A session, waited for or connected anew.

        Raises `TimeoutError` when none can be had in time, and whatever connecting raises.
        """
        async with asyncio.timeout(patience_seconds):
            session = self.take_idle()
            if session is None and self._taken >= self._size:
                session = await self._turn()
            elif session is None:
                self._taken += 1
            return session or await self._connected()

    def give_back(self, session: Session, *, is_ready: bool) -> None:
        """End a use; one that is not ready, where a statement was cut short, is mended first."""
        if not is_ready and not session.is_closed():
            mending = asyncio.ensure_future(self._mended(session))
            self._mending.add(mending)
            mending.add_done_callback(self._mending.discard)
        elif self._waiting:
            self._pass_on(None if session.is_closed() else session)
        else:
            self._taken -= 1
            self._idle.append(session)

    async def close(self) -> None:
        """Wait until every session has been given back, and close them."""
        while self._taken:
            session = await self._turn()
            self._taken -= 1
            if session is not None:
                self._idle.append(session)
        await asyncio.gather(*(_closed(session) for session in self._idle))

    async def _connected(self) -> Session:
        try:
            return await self._connect()
        except BaseException:
            self._pass_on(None)
            raise

    async def _turn(self) -> Session | None:
        """Wait for what another gives back: a session, or where it was lost None, its place."""
        turn: Turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on(turn.result())
            raise

    def _pass_on(self, session: Session | None) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(session)
                return
        self._taken -= 1
        if session is not None:
            self._idle.append(session)

    def expected_wait(self, now: float, beside: int = 0) -> float:
        """For how many seconds a session is going to be waited for; see `Line.expected_wait`."""
        return self._waiting.expected_wait(now, beside)

    async def _mended(self, session: Session) -> None:
        try:
            async with asyncio.timeout(_MENDING_SECONDS):
                await session.mend()
        except Exception:  # noqa: BLE001 - whatever it is, a new one is as good
            session.driver.terminate()
        finally:
            self._pass_on(None if session.is_closed() else session)


async def _closed(session: Session) -> None:
    with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        await session.driver.close(timeout=_CLOSING_SECONDS)
