"""A pool of sessions; who has waited longest for one is served next."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from math import inf
from time import perf_counter

import asyncpg

from db.changes import OnChange
from db.connections.session import Session
from metrics.database import PoolMetrics

_DRAIN_SECONDS = 1.0
_CLOSE_SECONDS = 10.0
_BYPASS_SECONDS = 5.0
CHECK_SECONDS = 0.25
"""How often the pool checks for overdue answers."""


class Pool:
    """At most `size` sessions, made by `connect` when they are first needed.

    The session released last is lent first: its caches are warmest, and surplus sessions stay
    idle. Acquiring an idle session and releasing one never wait. `fallback` is the pool to use
    while this one cannot connect: a replica's is the primary's. `name` labels the pool's metrics.
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
        self._in_use = 0
        self._waiters: deque[asyncio.Future[Session | None]] = deque()
        self._draining: set[asyncio.Task[None]] = set()
        self._bypassed_until = 0.0
        self._metrics = PoolMetrics(name, size)
        self.on_change: OnChange | None = None
        """Is told whose rows were changed through this pool; None where nobody wants to know."""

    def acquire_idle(self) -> Session | None:
        """Acquire an idle session without waiting; None if there is none."""
        while self._idle:
            session = self._idle.pop()
            if session.is_connected():
                self._in_use += 1
                return session
            self._open.discard(session)
        return None

    async def acquire(self, patience_seconds: float) -> Session:
        """Acquire a session: an idle one, a new one, or the next that is released.

        Raises `TimeoutError` when there is none in time, and whatever connecting raises.
        """
        async with asyncio.timeout(patience_seconds):
            session = self.acquire_idle()
            if session is None and self._in_use >= self._size:
                session = await self._wait_for_release()
            elif session is None:
                self._in_use += 1
            return session or await self._connect_or_wait()

    async def replace_session(self, session: Session, patience_seconds: float) -> Session:
        """Connect a new session in the place of an unusable one; raises as `acquire` does.

        If that fails, the caller must still release the old one.
        """
        self._discard(session)
        async with asyncio.timeout(patience_seconds):
            return await self._connect_new()

    def release(self, session: Session, *, is_ready: bool) -> None:
        """Return a session; if a statement was cancelled (not `is_ready`) it is drained first."""
        if is_ready and not self._waiters and session.answered_at < session.expires_at:
            # A closed session is noticed when it is acquired, or by the next check.
            self._in_use -= 1
            self._idle.append(session)
        elif not is_ready and session.is_connected():
            draining = asyncio.ensure_future(self._drain(session))
            self._draining.add(draining)
            draining.add_done_callback(self._draining.discard)
        else:
            self._hand_over(session)

    def retire(self, before: float) -> None:
        """Replace sessions connected before that instant; those in use are replaced on release."""
        for session in self._open:
            if session.connected_at < before:
                session.expires_at = -inf
        self._discard_idle(lambda session: session.expires_at == -inf)

    def report_metrics(self, seconds: float) -> None:
        """Record the present state, which has lasted for `seconds`."""
        self._metrics.sample(self._in_use, len(self._waiters), seconds)

    def close_overdue(self, now: float) -> None:
        """Close sessions whose answer is overdue, and others that share their silent server."""
        self._discard_idle(lambda session: session.expires_at <= now or session.is_closed())
        overdue = [one for one in self._open if one.overdue_at <= now]
        if not overdue:
            return
        since = min(session.sent_at for session in overdue)
        if all(session.answered_at < since for session in self._open):
            # No session has had an answer since: what was sent later will not be answered either.
            self.bypass()
            overdue = [one for one in self._open if one.overdue_at < inf]
        for session in overdue:
            session.abandon()
        # Idle sessions may be just as dead, which would otherwise be noticed one by one.
        self._discard_idle(lambda session: session.answered_at < since)

    def extend_deadlines(self, seconds: float) -> None:
        """Allow more time for answers that this process was too busy to read."""
        for session in self._open:
            session.overdue_at += seconds

    def bypass(self) -> None:
        """Have sessions acquired from the fallback for a few seconds."""
        self._bypassed_until = perf_counter() + _BYPASS_SECONDS

    def is_bypassed(self) -> bool:
        """Whether sessions should be acquired from the fallback."""
        return self._bypassed_until > perf_counter()

    async def close(self) -> None:
        """Wait a limited time for every session to be released, and close them all."""
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                while self._in_use:
                    session = await self._wait_for_release()
                    self._in_use -= 1
                    if session is not None:
                        self._idle.append(session)
        except TimeoutError:
            pass
        for session in self._open:
            session.driver.terminate()
        await asyncio.sleep(0)  # the transports close in the next turn of the loop

    async def _connect_or_wait(self) -> Session:
        """Connect; if the server accepts no more connections, wait for a released session."""
        try:
            return await self._connect_new()
        except asyncpg.TooManyConnectionsError:
            if self._in_use > 1:
                self._in_use -= 1
                session = self.acquire_idle() or await self._wait_for_release()
                return session or await self._connect_or_wait()
            self._hand_over(None)
            raise
        except BaseException:
            self._hand_over(None)
            raise

    async def _connect_new(self) -> Session:
        try:
            session = await self._connect()
        except Exception:
            self.bypass()
            raise
        self._open.add(session)
        return session

    async def _wait_for_release(self) -> Session | None:
        """Wait for a released session, or for None: the right to connect in place of a lost one."""
        waiter: asyncio.Future[Session | None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self._hand_over(waiter.result())
            raise

    def _hand_over(self, session: Session | None) -> None:
        """Pass a place in the pool, with its session if that is usable, to the longest waiter."""
        if session is not None and not _is_usable(session):
            self._discard(session)
            session = None
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(session)
                return
        self._in_use -= 1
        if session is not None:
            self._idle.append(session)

    def _discard_idle(self, is_unusable: Callable[[Session], bool]) -> None:
        unusable = [session for session in self._idle if is_unusable(session)]
        if unusable:
            self._idle = [session for session in self._idle if session not in unusable]
        for session in unusable:
            self._discard(session)

    def _discard(self, session: Session) -> None:
        self._open.discard(session)
        session.driver.terminate()

    @property
    def waiter_count(self) -> int:
        """How many tasks wait for a session."""
        while self._waiters and self._waiters[0].done():
            self._waiters.popleft()
        return len(self._waiters)

    async def _drain(self, session: Session) -> None:
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                await session.drain()
            session.answered_at = perf_counter()
        except Exception:  # noqa: BLE001 - whatever it is, a new one is as good
            session.driver.terminate()
        finally:
            self._hand_over(session)


@asynccontextmanager
async def run_pool(pool: Pool) -> AsyncIterator[None]:
    """Check `pool` for overdue answers while the block runs, and close it at the end."""
    watching = asyncio.create_task(_watch(pool))
    try:
        yield
    finally:
        await pool.close()
        watching.cancel()


async def _watch(pool: Pool) -> None:
    """Check until cancelled; time in which this process was blocked does not count as waiting."""
    while True:
        planned = perf_counter() + CHECK_SECONDS
        await asyncio.sleep(CHECK_SECONDS)
        now = perf_counter()
        if now - planned > CHECK_SECONDS:
            pool.extend_deadlines(now - planned)
        pool.close_overdue(now)
        pool.report_metrics(now - planned + CHECK_SECONDS)


def _is_usable(session: Session) -> bool:
    """Whether a session may be lent again."""
    return not session.is_closed() and session.answered_at < session.expires_at
