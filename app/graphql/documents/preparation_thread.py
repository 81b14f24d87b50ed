"""The thread in which documents are prepared and compiled, so that the event loop stays free."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Semaphore
from typing import TypeVar

import structlog

T = TypeVar("T")
_MOST_COMPILING = 8
"""How many plans may wait to be compiled; further operations run uncompiled for longer."""
_SWITCH_SECONDS = 0.0001
"""How long the event loop waits for the interpreter lock when this thread holds it."""
_log = structlog.get_logger("guidance.graphql")


class PreparationThread:
    """The process's one thread for preparing and compiling documents."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self._executor = executor
        self._compiling = Semaphore(_MOST_COMPILING)

    async def run(self, work: Callable[[], T]) -> T:
        """Run `work` after all that was submitted before, and give its result."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def compile(self, work: Callable[[], None]) -> bool:
        """Submit a compilation without waiting; false if too many are pending."""
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
    """Start the thread; leaving waits for the running work and drops what is pending."""
    executor = ThreadPoolExecutor(1, thread_name_prefix="documents")
    usual_seconds = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        yield PreparationThread(executor)
    finally:
        sys.setswitchinterval(usual_seconds)
        executor.shutdown(cancel_futures=True)
