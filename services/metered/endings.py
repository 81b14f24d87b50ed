"""How metered replies end in the database: by their writer, or without it.

The change of the row's status decides who ends a reply, so that it ends once however many try,
and its unit is given back at most once.
"""

from uuid import UUID

from db.database import Database, Transaction
from db.queries import metered_replies
from metrics.metered import metered_reply_abandoned, metered_reply_ended
from services.enterprise import metering
from services.metered.records import Outcome


async def end_written(
    transaction: Transaction, generation_id: int, owner: UUID, outcome: Outcome
) -> None:
    """End the reply as its writer says; nothing if it has been taken away from `owner`."""
    report, failure = outcome.report, outcome.failure
    ended = await metered_replies.end(
        transaction,
        generation_id,
        owner,
        content=outcome.content,
        failure_reason=failure and failure.value,
        retry_after_seconds=outcome.retry_after_seconds,
        model=report.model,
        attempts=report.attempts,
        prompt_tokens=report.prompt_tokens,
        completion_tokens=report.completion_tokens,
        latency_ms=outcome.latency_ms,
    )
    if ended is None:
        return
    if failure is not None:
        await metering.give_back(transaction, ended["enterprise_account_id"], ended["usage_date"])
    metered_reply_ended(failure.value if failure else "complete")


async def end_abandoned_metered_replies(database: Database) -> int:
    """End every reply whose lease ran out, in any number of processes at once; give how many."""
    count = 0
    while True:
        async with database.begin() as transaction:
            ended = await metered_replies.end_expired(transaction)
            if ended is None:
                return count
            await metering.give_back(
                transaction, ended["enterprise_account_id"], ended["usage_date"]
            )
        metered_reply_abandoned()
        count += 1
