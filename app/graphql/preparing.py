"""Texts made ready to run, at the cost of who brings them and while others are answered.

A text that is not kept is paid for by its length before anything is done with it. Each caller has
one prepared at a time, and the process too, in a thread of its own: whatever preparing takes, the
event loop shares the processor with it evenly.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from threading import Semaphore
from typing import TypeVar

import structlog

from app.graphql.charging import Throttled
from app.graphql.metering import Meter
from gql.documents.operation import Document
from gql.documents.prepare import Preparation
from services.principal import Principal
from services.throttling.turns import NoTurn, Turns

T = TypeVar("T")
FREE_CHARACTERS, CHARACTERS_PER_UNIT = 100, 10
"""A text no longer than the first is prepared for nothing, as a request is read; each of the others
is one unit of cost, as an object is."""
_MOST_COMPILING = 8
"""How many plans wait to be compiled; what is beyond is run without one for longer."""
_SWITCH_SECONDS = 0.0001
"""How long the event loop waits for the processor after each wait for anything else."""
_PROCESS = "process"
_TOO_MANY_OF_YOURS = "Too many documents of yours wait to be prepared"
_log = structlog.get_logger("guidance.graphql")
_TOO_MANY = "Too many documents wait to be prepared"


def cost_of_text(text: str) -> int:
    """What preparing a text costs."""
    return max(0, len(text) - FREE_CHARACTERS) // CHARACTERS_PER_UNIT


class PreparationThread:
    """The one thread of a process in which documents are prepared and compiled."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self._executor = executor
        self._compiling = Semaphore(_MOST_COMPILING)

    async def run(self, work: Callable[[], T]) -> T:
        """What the work gives, whose turn comes after all that was asked for before."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def compile(self, work: Callable[[], None]) -> bool:
        """Compile when it is its turn; False where too much waits already."""
        if not self._compiling.acquire(blocking=False):
            return False
        self._executor.submit(self._compile, work)
        return True

    def _compile(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:  # noqa: BLE001 - it is logged, and the operation runs without a plan
            _log.exception("an operation cannot be compiled")
        finally:
            self._compiling.release()


@contextmanager
def open_preparation_thread() -> Iterator[PreparationThread]:
    """Start it; leaving waits for what is at work, and forgets what waits."""
    executor = ThreadPoolExecutor(1, thread_name_prefix="documents")
    usual_seconds = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        yield PreparationThread(executor)
    finally:
        sys.setswitchinterval(usual_seconds)
        executor.shutdown(cancel_futures=True)


class Preparing:
    """Gives the documents of texts, prepared at the cost of the caller where they are not kept."""

    def __init__(self, preparation: Preparation, meter: Meter, thread: PreparationThread) -> None:
        self._preparation = preparation
        self._meter = meter
        self._turns, self._turns_of_process = Turns(1), Turns(1)
        self.run = thread.run
        """Does what else a text needs, in the same thread."""

    async def document(self, text: str, principal: Principal) -> Document:
        """What became of the text; raises `Throttled`."""
        document = self._preparation.kept(text)
        if document is not None:
            return document
        try:
            async with self._turn(self._turns, self._meter.line(principal), principal):
                return await self._prepared(text, principal)
        except Throttled:
            await self._meter.hold_back()
            raise

    async def charge_registering(self, text: str, principal: Principal) -> None:
        """Pay for keeping a text under its hash; raises `Throttled`."""
        try:
            await self._meter.spend(principal, 1 + cost_of_text(text))
        except Throttled:
            await self._meter.hold_back()
            raise

    async def _prepared(self, text: str, principal: Principal) -> Document:
        # Another request of the same may have been first.
        document = self._preparation.kept(text)
        if document is None:
            cost = cost_of_text(text)
            await self._meter.spend(principal, cost)
            try:
                async with self._turn(self._turns_of_process, _PROCESS, principal):
                    document = self._preparation.kept(text)
                    if document is None:
                        document = await self.run(partial(self._preparation.prepared, text))
                        self._preparation.keep(text, document)
            except Throttled:
                self._meter.give_back(principal, cost)
                raise
        return document

    @asynccontextmanager
    async def _turn(self, turns: Turns, key: str, principal: Principal) -> AsyncIterator[None]:
        try:
            turn = await turns.take(key)
        except NoTurn:
            reason = _TOO_MANY if key == _PROCESS else _TOO_MANY_OF_YOURS
            raise await self._meter.waited_in_vain(principal, reason) from None
        try:
            yield
        finally:
            turn.end()
