"""Starting replies: each once, however often its key is used and whatever becomes of its commit."""

from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from db.database import Database, Transaction
from services.clock import Clock
from services.generation.jobs import GenerationJobs
from services.generation.records import Assignment
from services.mutations import idempotency
from services.mutations.idempotency import Caller, Claim, KeyUse
from services.throttling.keyed_locks import KeyedLocks

_T = TypeVar("_T")
RecordReply: TypeAlias = Callable[[Transaction, Claim, datetime], Awaitable[tuple[_T, Assignment]]]
# Any: JSON.
Replay: TypeAlias = Callable[[Transaction, dict[str, Any]], Awaitable[_T]]


class ReplyStarter:
    """Starts replies in `jobs`.

    Transactions that would wait for one another in the database wait here for a lock instead, where
    they hold no connection.
    """

    def __init__(self, database: Database, jobs: GenerationJobs, *, clock: Clock) -> None:
        self._database = database
        self._jobs = jobs
        self._clock = clock
        self._locks = KeyedLocks()

    async def start_once(
        self,
        caller: Caller,
        use: KeyUse,
        record: RecordReply[_T],
        replay: Replay[_T],
        *,
        lock: Hashable,
    ) -> _T:
        """Record a reply and start it; if the key was used before, `replay` its stored result.

        `record` stores the result of the key with the reply, and returns it with the assignment;
        only one call at a time has the `lock`. Raises `PersonUnknown`, `IdempotencyKeyReused`, and
        what `record` and `replay` raise.
        """
        jobs = self._jobs
        async with self._locks.hold_or_release_slot(lock), self._database.begin() as transaction:
            now = self._clock()
            claim = await idempotency.claim(transaction, caller, use, now=now)
            if claim.result is not None:
                return await replay(transaction, claim.result)
            recorded, assignment = await record(transaction, claim, now)
            transaction.after_commit(lambda: jobs.start(assignment))
            transaction.on_unknown_outcome(lambda: jobs.start_if_recorded(assignment))
        return recorded
