"""Metered guidance: a question asked with an API key is charged and answered once."""

import asyncio
from datetime import datetime
from functools import partial
from typing import Any

from db.database import Connection, Database, Transaction
from db.queries.enterprise import metered_replies
from db.reply_key import ReplyKey
from db.row import Row
from services.callers.principal import ApiClient
from services.clock import Clock
from services.enterprise import metering
from services.enterprise.records import UsageContract
from services.generation.failures import failure_refusal, stored_failure
from services.generation.jobs import GenerationJobs
from services.generation.models.catalogue import check_has_room
from services.generation.records import Assignment
from services.generation.starting import ReplyStarter
from services.metered.records import Question
from services.metered.rules import prompt
from services.mutations import idempotency
from services.mutations.idempotency import RETENTION, Caller, Claim
from services.mutations.refusals import Conflict, Refusal
from services.record_values import values_of
from services.throttling.concurrency import slot_released

_POLL_SECONDS = 0.25


class MeteredGuidance:
    """Answers companies' questions; each costs a unit, which is refunded if the reply fails."""

    def __init__(
        self,
        database: Database,
        jobs: GenerationJobs,
        contract: UsageContract,
        *,
        wait_timeout_seconds: float,
        clock: Clock,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._contract = contract
        self._wait_timeout_seconds = wait_timeout_seconds
        self._clock = clock
        self._starter = ReplyStarter(database, jobs, clock=clock)

    async def generate(self, client: ApiClient, question: Question, *, idempotency_key: str) -> Row:
        """Answer a question and return the row of the reply, complete or failed.

        The unit is charged before the model is asked, and no transaction is open meanwhile. The
        same key returns the same reply, and waits for one that another process is writing. Raises
        `IdempotencyKeyReused`, `UsageLimitExceeded`, `KeyRevoked`, and `Conflict` if waiting takes
        too long.
        """
        generation_id = await self._starter.start_once(
            Caller(account_id=client.account_id),
            idempotency.key_use(
                idempotency_key, operation="generateGuidance", values=values_of(question)
            ),
            partial(self._record, client, question),
            _replayed,
            # Charges of one company exclude each other in the database.
            lock=client.account_id,
        )
        async with slot_released():
            await self._jobs.wait_for_end(generation_id)
            try:
                async with asyncio.timeout(self._wait_timeout_seconds):
                    return await self._wait_for_end(client.account_id, generation_id)
            except TimeoutError:
                raise Conflict(
                    "The reply to this key is still being written.", retry_after_seconds=1
                ) from None

    def failure(self, reply: Row) -> Refusal | None:
        """The refusal for a failed reply, given its row; None if it did not fail."""
        failure = stored_failure(reply)
        return None if failure is None else failure_refusal(failure, self._clock())

    async def _record(
        self,
        client: ApiClient,
        question: Question,
        transaction: Transaction,
        claim: Claim,
        now: datetime,
    ) -> tuple[int, Assignment]:
        """Charge a unit and record the reply that it pays for."""
        asked = prompt(question)
        models = self._jobs.config.models
        check_has_room(models.models, asked, field="situation")
        unit = await metering.charge(transaction, client, self._contract, now)
        generation_id = await metered_replies.begin(
            transaction,
            account_id=client.account_id,
            credential_id=client.credential_id,
            day=unit.day,
            is_overage=unit.is_overage,
            model=models.default.name,
            question=values_of(question),
            owner=self._jobs.owner,
            lease_seconds=self._jobs.config.lease_seconds,
            claim_id=claim.id,
            now=now,
        )
        return generation_id, Assignment(ReplyKey(client.account_id, generation_id), asked)

    async def _wait_for_end(self, account_id: int, generation_id: int) -> Row:
        while True:
            async with self._database.read_primary() as connection:
                row = await metered_replies.by_id(connection, account_id, generation_id)
            if row is None:
                raise RuntimeError("a metered reply has no row")
            if row["status"] != "running":
                return row
            await asyncio.sleep(_POLL_SECONDS)


# Any: JSON.
async def _replayed(_transaction: Transaction, result: dict[str, Any]) -> int:
    return int(result["generation_id"])


async def delete_old_texts(connection: Connection, now: datetime) -> None:
    """Delete the texts of replies whose idempotency keys have expired."""
    await metered_replies.forget_texts(connection, now - RETENTION)
