"""Texts made ready to run, at the cost of who brings them and while others are answered.

A text that is not kept is paid for by its length before anything is done with it. Each caller has
one prepared at a time, and the process too, in a thread of its own: whatever preparing takes, the
event loop shares the processor with it evenly.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from app.graphql.charging import Throttled
from app.graphql.documents.preparation_thread import PreparationThread
from app.graphql.meter import Meter
from gql.documents.prepare import Document, Preparation
from services.principal import Principal
from services.throttling.turns import NoTurn, Turns

FREE_CHARACTERS, CHARACTERS_PER_UNIT = 100, 10
"""A text no longer than the first is prepared for nothing, as a request is read; each of the others
is one unit of cost, as an object is."""
_PROCESS = "process"
_TOO_MANY_OF_YOURS = "Too many documents of yours wait to be prepared"
_TOO_MANY = "Too many documents wait to be prepared"


def cost_of_text(text: str) -> int:
    """What preparing a text costs."""
    return max(0, len(text) - FREE_CHARACTERS) // CHARACTERS_PER_UNIT


class ChargedPreparation:
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
                self._meter.refund(principal, cost)
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
