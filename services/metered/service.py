"""Metered guidance: asked with an API key, counted, written, and given again to the same key."""

import asyncio
from dataclasses import asdict
from datetime import datetime

from asyncpg import Record

from db.database import Connection, Database
from db.queries import metered_replies
from services import idempotency
from services.clock import Clock
from services.enterprise import metering
from services.enterprise.records import UsageContract
from services.enterprise.turns import Turns
from services.generation.jobs import GenerationJobs
from services.generation.records import Assignment
from services.idempotency import KEPT, Caller
from services.metered.records import Question
from services.metered.rules import prompt
from services.principal import ApiClient
from services.refusal import Conflict
from services.throttling.turns import turn_given_up

_LOOK_SECONDS = 0.25


class MeteredGuidance:
    """Answers companies' questions; each costs a unit, given back when nothing was written."""

    def __init__(
        self,
        database: Database,
        jobs: GenerationJobs,
        contract: UsageContract,
        *,
        model_name: str,
        patience_seconds: float,
        clock: Clock,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._contract = contract
        self._model_name = model_name
        self._patience_seconds = patience_seconds
        self._clock = clock
        self._turns = Turns()

    async def generate(
        self, client: ApiClient, question: Question, *, idempotency_key: str
    ) -> Record:
        """Answer a question and give the reply as it is stored, whole or failed.

        The unit is counted before the model is asked, and no transaction is open meanwhile. The
        same key gives the same reply again, and waits for one that is being written elsewhere.
        Raises `IdempotencyKeyReused`, `UsageLimitExceeded`, `KeyRevoked`, and `Conflict` where
        that takes too long.
        """
        async with self._turns.of(client.account_id):
            generation_id = await self._begun(client, question, idempotency_key)
        async with turn_given_up():
            await self._jobs.ended(generation_id)
            try:
                async with asyncio.timeout(self._patience_seconds):
                    return await self._ended(client.account_id, generation_id)
            except TimeoutError:
                raise Conflict(
                    "The reply to this key is still being written.", retry_after_seconds=1
                ) from None

    async def _begun(self, client: ApiClient, question: Question, key: str) -> int:
        """Count a unit and start the reply for it, or find the reply that the key has begun."""
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
            transaction.if_unknown(lambda: jobs.start_if_recorded(assignment))
        return generation_id

    async def _ended(self, account_id: int, generation_id: int) -> Record:
        while True:
            async with self._database.read_primary() as connection:
                row = await metered_replies.by_id(connection, account_id, generation_id)
            if row is None:
                raise RuntimeError("a metered reply is not on record")
            if row["status"] != "running":
                return row
            await asyncio.sleep(_LOOK_SECONDS)


async def forget_old_texts(connection: Connection, now: datetime) -> None:
    """Remove the texts whose idempotency keys are not remembered any more."""
    await metered_replies.forget_texts(connection, now - KEPT)
