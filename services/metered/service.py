"""Metered guidance: a question asked with an API key is charged and answered once."""

import asyncio
from dataclasses import asdict
from datetime import datetime

from asyncpg import Record

from db.database import Connection, Database
from db.queries.enterprise import metered_replies
from services.callers.principal import ApiClient
from services.clock import Clock
from services.enterprise import metering
from services.enterprise.records import UsageContract
from services.generation.jobs import GenerationJobs
from services.generation.records import Assignment
from services.metered.records import Question
from services.metered.rules import prompt
from services.mutations import idempotency
from services.mutations.idempotency import RETENTION, Caller
from services.mutations.refusals import Conflict
from services.throttling.concurrency import slot_released
from services.throttling.keyed_locks import KeyedLocks

_POLL_SECONDS = 0.25


class MeteredGuidance:
    """Answers companies' questions; each costs a unit, which is refunded if the reply fails."""

    def __init__(
        self,
        database: Database,
        jobs: GenerationJobs,
        contract: UsageContract,
        *,
        model_name: str,
        wait_timeout_seconds: float,
        clock: Clock,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._contract = contract
        self._model_name = model_name
        self._wait_timeout_seconds = wait_timeout_seconds
        self._clock = clock
        self._account_locks = KeyedLocks()

    async def generate(
        self, client: ApiClient, question: Question, *, idempotency_key: str
    ) -> Record:
        """Answer a question and return the row of the reply, complete or failed.

        The unit is charged before the model is asked, and no transaction is open meanwhile. The
        same key returns the same reply, and waits for one that another process is writing. Raises
        `IdempotencyKeyReused`, `UsageLimitExceeded`, `KeyRevoked`, and `Conflict` if waiting takes
        too long.
        """
        # Charges of one company exclude each other in the database, where each would hold a
        # connection while it waits. They wait here instead, so one company cannot use up the pool.
        async with self._account_locks.hold(client.account_id):
            generation_id = await self._begin(client, question, idempotency_key)
        async with slot_released():
            await self._jobs.wait_for_end(generation_id)
            try:
                async with asyncio.timeout(self._wait_timeout_seconds):
                    return await self._wait_for_end(client.account_id, generation_id)
            except TimeoutError:
                raise Conflict(
                    "The reply to this key is still being written.", retry_after_seconds=1
                ) from None

    async def _begin(self, client: ApiClient, question: Question, key: str) -> int:
        """Charge a unit and start the reply, or return the reply that the key has started."""
        use = idempotency.key_use(key, operation="generateGuidance", values=asdict(question))
        now, jobs = self._clock(), self._jobs
        async with self._database.begin() as transaction:
            caller = Caller(account_id=client.account_id)
            claim = await idempotency.claim(transaction, caller, use, now=now)
            if claim.result is not None:
                return int(claim.result["generation_id"])
            unit = await metering.charge(transaction, client, self._contract, now)
            generation_id = await metered_replies.begin(
                transaction,
                account_id=client.account_id,
                credential_id=client.credential_id,
                day=unit.day,
                is_overage=unit.is_overage,
                model=self._model_name,
                owner=jobs.owner,
                lease_seconds=jobs.lease_seconds,
                claim_id=claim.id,
                now=now,
            )
            assignment = Assignment(generation_id, prompt(question))
            transaction.after_commit(lambda: jobs.start(assignment))
            transaction.on_unknown_outcome(lambda: jobs.start_if_recorded(assignment))
        return generation_id

    async def _wait_for_end(self, account_id: int, generation_id: int) -> Record:
        while True:
            async with self._database.read_primary() as connection:
                row = await metered_replies.by_id(connection, account_id, generation_id)
            if row is None:
                raise RuntimeError("a metered reply has no row")
            if row["status"] != "running":
                return row
            await asyncio.sleep(_POLL_SECONDS)


async def delete_old_texts(connection: Connection, now: datetime) -> None:
    """Delete the texts of replies whose idempotency keys have expired."""
    await metered_replies.forget_texts(connection, now - RETENTION)
