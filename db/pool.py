"""Sessions that are kept open and lent to one user at a time; who waits longest is next."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from math import inf
from time import perf_counter

import asyncpg

from db.session import Session
from metrics.database import PoolMetrics

_MENDING_SECONDS = 1.0
_CLOSING_SECONDS = 10.0
_BYPASS_SECONDS = 5.0
LOOK_SECONDS = 0.25
"""How often the pool looks for answers that are overdue."""


class Pool:
    """At most `size` sessions, made by `connect` when they are first needed.

    The last one given back is the first one lent: it is the warmest, and what is not needed stays
    idle. Taking one that is idle, and giving it back, wait for nothing. `fallback` is the pool to
    take from while this one cannot connect: the primary's for a replica. `name` is that in metrics.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[Session]],
        size: int,
        *,
        fallback: "Pool | None" = None,
        name: str = "primary",
    ) -> None:
        self._connect = connect
        self._size = size
        self.fallback = fallback
        self._open: set[Session] = set()
        self._idle: list[Session] = []
        self._taken = 0
        self._waiting: deque[asyncio.Future[Session | None]] = deque()
        self._mending: set[asyncio.Task[None]] = set()
        self._bypassed_until = 0.0
        self._metrics = PoolMetrics(name, size)

    def take_idle(self) -> Session | None:
        """A session that can be had at once; None where there is none."""
        while self._idle:
            session = self._idle.pop()
            if session.is_connected():
                self._taken += 1
                return session
            self._open.discard(session)
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
            return session or await self._connected_in_turn()

    async def exchange(self, session: Session, patience_seconds: float) -> Session:
        """A new session in the place of one that is of no use; raises as `take` does.

        Where none can be had the old one is still to be given back.
        """
        self._discard(session)
        async with asyncio.timeout(patience_seconds):
            return await self._connected()

    def give_back(self, session: Session, *, is_ready: bool) -> None:
        """End a use; one that is not ready, where a statement was cut short, is mended first."""
        if is_ready and not self._waiting and session.heard_at < session.expires_at:
            # Should it be closed, it is found when it is to be lent, or looked at.
            self._taken -= 1
            self._idle.append(session)
        elif not is_ready and session.is_connected():
            mending = asyncio.ensure_future(self._mended(session))
            self._mending.add(mending)
            mending.add_done_callback(self._mending.discard)
        else:
            self._pass_on(session)

    def retire(self, before: float) -> None:
        """Lend no session again that was connected before that instant; what is lent is used."""
        for session in self._open:
            if session.connected_at < before:
                session.expires_at = -inf
        self._discard_idle(lambda session: session.expires_at == -inf)

    def measure(self, seconds: float) -> None:
        """Note how it is, and was for so many seconds."""
        self._metrics.sample(self._taken, len(self._waiting), seconds)

    def look(self, now: float) -> None:
        """Close what has not answered in time, and what is silent together with it."""
        self._discard_idle(lambda session: session.expires_at <= now or session.is_closed())
        overdue = [one for one in self._open if one.overdue_at <= now]
        if not overdue:
            return
        since = min(session.asked_at for session in overdue)
        if all(session.heard_at < since for session in self._open):
            # Nobody has heard of the server: what was asked since will not be answered either.
            self.bypass()
            overdue = [one for one in self._open if one.overdue_at < inf]
        for session in overdue:
            session.give_up()
        # What was idle meanwhile may be as deaf, and would be found out one by one.
        self._discard_idle(lambda session: session.heard_at < since)

    def extend_deadlines(self, seconds: float) -> None:
        """Allow so much longer for answers: this process could not read them meanwhile."""
        for session in self._open:
            session.overdue_at += seconds

    def bypass(self) -> None:
        """Have sessions taken from the fallback for a while."""
        self._bypassed_until = perf_counter() + _BYPASS_SECONDS

    def is_bypassed(self) -> bool:
        """Whether sessions are to be taken from the fallback."""
        return self._bypassed_until > perf_counter()

    async def close(self) -> None:
        """Wait until every session has been given back, for a while, and close them."""
        try:
            async with asyncio.timeout(_CLOSING_SECONDS):
                while self._taken:
                    session = await self._turn()
                    self._taken -= 1
                    if session is not None:
                        self._idle.append(session)
        except TimeoutError:
            pass
        for session in self._open:
            session.driver.terminate()
        await asyncio.sleep(0)  # the transports close in the next turn of the loop

    async def _connected_in_turn(self) -> Session:
        """A new session; one that is lent, where the server has room for no more."""
        try:
            return await self._connected()
        except asyncpg.TooManyConnectionsError:
            if self._taken > 1:
                self._taken -= 1
                session = self.take_idle() or await self._turn()
                return session or await self._connected_in_turn()
            self._pass_on(None)
            raise
        except BaseException:
            self._pass_on(None)
            raise

    async def _connected(self) -> Session:
        try:
            session = await self._connect()
        except Exception:
            self.bypass()
            raise
        self._open.add(session)
        return session

    async def _turn(self) -> Session | None:
        """Wait for what another gives back: a session, or where it was lost None, its place."""
        turn: asyncio.Future[Session | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on(turn.result())
            raise

    def _pass_on(self, session: Session | None) -> None:
        """Give a place to who waits longest, with its session where that is one still."""
        if session is not None and not _is_good(session):
            self._discard(session)
            session = None
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(session)
                return
        self._taken -= 1
        if session is not None:
            self._idle.append(session)

    def _discard_idle(self, is_useless: Callable[[Session], bool]) -> None:
        useless = [session for session in self._idle if is_useless(session)]
        if useless:
            self._idle = [session for session in self._idle if session not in useless]
        for session in useless:
            self._discard(session)

    def _discard(self, session: Session) -> None:
        self._open.discard(session)
        session.driver.terminate()

    @property
    def waiting(self) -> int:
        """How many wait for a session."""
        while self._waiting and self._waiting[0].done():
            self._waiting.popleft()
        return len(self._waiting)

    async def _mended(self, session: Session) -> None:
        try:
            async with asyncio.timeout(_MENDING_SECONDS):
                await session.mend()
            session.heard_at = perf_counter()
        except Exception:  # noqa: BLE001 - whatever it is, a new one is as good
            session.driver.terminate()
        finally:
            self._pass_on(session)


@asynccontextmanager
async def kept(pool: Pool) -> AsyncIterator[None]:
    """Have `pool` look for what is overdue, and close it when the block is left."""
    looking = asyncio.create_task(_keep_looking(pool))
    try:
        yield
    finally:
        await pool.close()
        looking.cancel()


async def _keep_looking(pool: Pool) -> None:
    """Look until cancelled; time in which the process was held up does not count as waiting."""
    while True:
        planned = perf_counter() + LOOK_SECONDS
        await asyncio.sleep(LOOK_SECONDS)
        now = perf_counter()
        if now - planned > LOOK_SECONDS:
            pool.extend_deadlines(now - planned)
        pool.look(now)
        pool.measure(now - planned + LOOK_SECONDS)


def _is_good(session: Session) -> bool:
    """Whether a session may be lent again."""
    return not session.is_closed() and session.heard_at < session.expires_at
