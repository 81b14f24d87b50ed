"""A lease does not run while nobody could renew it; who lives records first."""

import asyncio

import pytest

from db.connections.errors import DatabaseUnavailable
from services.background.periodic import run_in_background, run_periodically
from services.generation.recovery import RUNS_PER_LEASE, Recovery
from services.generation.store import ReplyStore
from services.metered.reply_store import MeteredReplyStore
from services.quota.ledger import differing_days
from tests.fixtures.stores.world import ADA, NOW
from tests.services.generation.database_outages import PatientModel, outage
from tests.services.guidance.chat_instances import Instance, instance, until
from tests.services.guidance.exchanges import ledger_of, send, used
from tests.services.metered import metered_instances as metered

LEASE_SECONDS = 0.6
REPLIES = 20


def recovery_of(parts: Instance | metered.Instance, generations: ReplyStore) -> Recovery:
    return Recovery(parts.database, generations, lease_seconds=LEASE_SECONDS)


async def passed(seconds: float) -> None:
    """Let time pass: an outage is nothing else."""
    now = asyncio.get_running_loop().time
    end = now() + seconds
    await until(lambda: now() >= end)


async def recovering(recovery: Recovery) -> None:
    """Look as a worker does."""

    async def look() -> None:
        await recovery.run()

    await run_periodically(look, name="recover", every_seconds=LEASE_SECONDS / RUNS_PER_LEASE)


async def test_an_outage_longer_than_the_lease_costs_no_living_writer_its_reply(
    own_world: str,
) -> None:
    model = PatientModel()
    async with (
        instance(own_world, lease_seconds=LEASE_SECONDS, model=model) as parts,
        instance(own_world) as others,
        run_in_background(recovering(recovery_of(others, others.replies))),
    ):
        exchanges = [
            await send(parts, key=f"{number}", conversation_id=None) for number in range(REPLIES)
        ]
        await until(lambda: model.requested == REPLIES)
        async with outage(own_world):
            await passed(LEASE_SECONDS)
            model.may_go_on.set()
            await passed(2 * LEASE_SECONDS)
        for exchange in exchanges:
            ended = await others.guidance.wait_for_end(ADA, exchange.reply_id)
            assert (ended["status"], ended["content"]) == ("complete", "Good day!")
            assert await ledger_of(others, exchange) == [("reserve", 1), ("settle", 0)]
        assert await used(others, ADA) == 3 + REPLIES
        async with others.database.read() as connection:
            assert await differing_days(connection) == []


async def test_a_company_gets_its_replies_after_an_outage_too(own_world: str) -> None:
    model = PatientModel()
    async with (
        metered.instance(own_world, model, lease_seconds=LEASE_SECONDS) as parts,
        metered.instance(own_world, model) as others,
        run_in_background(
            recovering(recovery_of(others, MeteredReplyStore(others.database, clock=lambda: NOW)))
        ),
    ):
        for number in range(REPLIES):
            asking = asyncio.create_task(parts.generate(f"{number}"))
            await until(lambda: model.requested == number + 1)  # noqa: B023 - it is awaited here
            asking.cancel()
        async with outage(own_world):
            await passed(LEASE_SECONDS)
            model.may_go_on.set()
            await passed(2 * LEASE_SECONDS)
        for number in range(REPLIES):
            assert (await others.generate(f"{number}"))["content"] == "Good day!"
        assert (model.requested, await others.used()) == (REPLIES, 7 + REPLIES)


class Clock:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_nothing_is_recovered_before_leases_could_be_renewed_for_long_enough(
    own_world: str,
) -> None:
    clock = Clock()
    async with instance(own_world) as parts:
        recovery = Recovery(parts.database, parts.replies, lease_seconds=30, seconds=clock)

        async def ended_after(*steps: float) -> list[int]:
            """Lose a reply, and look after each of the steps."""
            await parts.rows(
                "UPDATE reply_generations SET owner = gen_random_uuid(), "
                "lease_expires_at = '-infinity', times_abandoned = 2"
            )
            counts = []
            for step in steps:
                clock.now += step
                counts.append(await recovery.run())
            return counts

        await send(parts, conversation_id=None)
        assert await ended_after(0, 10, 10, 9.9, 0.1) == [0, 0, 0, 0, 1]
        # It goes on to be trusted,
        await send(parts, key="2", conversation_id=None)
        assert await ended_after(10) == [1]
        # but not when it has not looked for a while,
        await send(parts, key="3", conversation_id=None)
        assert await ended_after(10.1, 10, 10, 10) == [0, 0, 0, 1]
        # and not after a failure.
        await send(parts, key="4", conversation_id=None)
        async with outage(own_world):
            with pytest.raises(DatabaseUnavailable):
                await recovery.run()
        assert await ended_after(5, 10, 10, 10) == [0, 0, 0, 1]


async def test_a_database_that_can_only_be_read_is_no_proof(own_world: str) -> None:
    clock = Clock()
    async with instance(own_world) as parts:
        await send(parts, conversation_id=None)
    read_only = f"{own_world}&options=-c%20default_transaction_read_only%3Don"
    async with instance(read_only) as others:
        recovery = Recovery(others.database, others.replies, lease_seconds=30, seconds=clock)
        for _ in range(5):
            with pytest.raises(Exception, match="read-only"):
                await recovery.run()
            clock.now += 10
