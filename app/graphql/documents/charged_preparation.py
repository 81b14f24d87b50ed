"""Prepares document texts at the cost of their callers.

A text that is not cached is charged by its length before anything else. Each caller has one text
prepared at a time, and so has the process, in a thread of its own, so that the event loop keeps
its share of the processor (docs/decisions/0019).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from app.graphql.documents.preparation_thread import PreparationThread
from app.graphql.metering.charge import Throttled
from app.graphql.metering.meter import Meter
from gql.documents.document_cache import DocumentCache
from gql.documents.operation import Document
from services.callers.principal import Principal
from services.throttling.concurrency import ConcurrencyLimiter, NoFreeSlot

FREE_CHARACTERS, CHARACTERS_PER_UNIT = 100, 10
"""The first characters of a text are free; each further group of ten costs one unit."""
_PROCESS = "process"
_TOO_MANY_OF_YOURS = "Too many documents of yours wait to be prepared"
_TOO_MANY = "Too many documents wait to be prepared"


def cost_of_text(text: str) -> int:
    """The cost of preparing a text."""
    return max(0, len(text) - FREE_CHARACTERS) // CHARACTERS_PER_UNIT


class ChargedPreparation:
    """Gives prepared documents; those not cached are prepared at the cost of the caller."""

    def __init__(self, preparation: DocumentCache, meter: Meter, thread: PreparationThread) -> None:
        self._document_cache = preparation
        self._meter = meter
        self._limiter, self._process_limiter = ConcurrencyLimiter(1), ConcurrencyLimiter(1)
        self.run = thread.run
        """Runs other work on a document in the same thread."""

    async def document(self, text: str, principal: Principal) -> Document:
        """The document of a text; raises `Throttled`."""
        document = self._document_cache.get(text)
        if document is not None:
            return document
        async with self._slot(self._limiter, self._meter.queue_key(principal), principal):
            return await self._prepared(text, principal)

    async def charge_registration(self, text: str, principal: Principal) -> None:
        """Charge for storing a text under its hash; raises `Throttled`."""
        await self._meter.spend(principal, 1 + cost_of_text(text))

    async def _prepared(self, text: str, principal: Principal) -> Document:
        # A concurrent request may have prepared the same text meanwhile.
        document = self._document_cache.get(text)
        if document is None:
            cost = cost_of_text(text)
            await self._meter.spend(principal, cost)
            try:
                async with self._slot(self._process_limiter, _PROCESS, principal):
                    document = self._document_cache.get(text)
                    if document is None:
                        document = await self.run(partial(self._document_cache.prepare, text))
                        self._document_cache.add(text, document)
            except Throttled:
                self._meter.refund(principal, cost)
                raise
        return document

    @asynccontextmanager
    async def _slot(
        self, limiter: ConcurrencyLimiter, key: str, principal: Principal
    ) -> AsyncIterator[None]:
        try:
            slot = await limiter.acquire(key)
        except NoFreeSlot:
            reason = _TOO_MANY if key == _PROCESS else _TOO_MANY_OF_YOURS
            raise await self._meter.no_turn_error(principal, reason) from None
        try:
            yield
        finally:
            slot.release()
