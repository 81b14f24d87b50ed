"""Payments that were interrupted: found by any process, asked about patiently, finished once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from clients.payments.records import Charge, ChargeResult
from db.connections.errors import DatabaseUnavailable
from db.row import Row
from tests.fixtures.stores.postgres import run
from tests.fixtures.stores.world import ALAN, MARY, NOW
from tests.services.billing.billing_instances import (
    BASIC,
    DECLINED,
    NOT_MADE,
    PROCESSING,
    REFUSAL,
    SILENCE,
    SUCCEEDED,
    Instance,
    instance,
    nothing,
    play,
)

WAIT = """
SELECT extract(epoch FROM next_check_at - clock_timestamp())::float8
FROM billing_payment_attempts
"""


async def interrupted(parts: Instance) -> Row:
    """A payment that was recorded by a process that then died, as seen when its time is up."""

    class Killed(BaseException):
        """Ends the process's work at once."""

    async def die(_charge: Charge) -> None:
        raise Killed

    parts.provider.meanwhile = die
    with pytest.raises(Killed):
        await parts.checkout()
    parts.provider.meanwhile = nothing
    (row,) = await parts.rows("SELECT * FROM billing_payment_attempts")
    return row


@pytest.mark.parametrize(
    ("answer", "status", "subscription"),
    [
        (SUCCEEDED, "succeeded", ("active", BASIC, None)),
        (DECLINED, "failed", ("failed", BASIC, "card_declined")),
        (NOT_MADE, "failed", ("failed", BASIC, "not_charged")),
    ],
)
async def test_another_process_finds_out_what_became_of_a_payment(
    own_world: str,
    answer: ChargeResult,
    status: str,
    subscription: tuple[str, str, str | None],
) -> None:
    async with instance(own_world) as dead, instance(own_world) as worker:
        payment = await interrupted(dead)
        assert await worker.charging.finish_overdue() == 0
        await worker.make_overdue()
        worker.provider.will(answer)
        assert await worker.charging.finish_overdue() == 1
        assert (worker.provider.charged, len(worker.provider.found)) == ([], 1)
        assert worker.provider.found == dead.provider.charged
        assert (await worker.payment(payment["id"]))["status"] == status
        assert await worker.subscription() == subscription
        event = (await worker.audit())[-1]
        assert event[2:6] == ("system", None, ALAN, None)
        assert worker.invalidated == [(ALAN, subscription[0])]
        assert await worker.charging.finish_overdue() == 0
        assert (await dead.checkout())["status"] == status


async def test_an_open_payment_is_left_alone_while_somebody_asks(own_world: str) -> None:
    async with instance(own_world) as one, instance(own_world) as other:
        requested: list[int] = []

        async def look(_charge: Charge) -> None:
            requested.append(await other.charging.finish_overdue())

        one.provider.meanwhile = look
        one.provider.will(SILENCE, PROCESSING)
        await one.checkout()
        await one.make_overdue()
        await one.charging.finish_overdue()
        assert (requested, other.provider.found) == ([0, 0], [])


async def test_many_workers_share_the_open_payments(own_world: str) -> None:
    async with instance(own_world) as one, instance(own_world) as other:
        one.provider.will(SILENCE, SILENCE)
        for user in (ALAN, MARY):
            await one.checkout(user_id=user)
        await one.make_overdue()
        counts = await asyncio.gather(
            *(parts.charging.finish_overdue() for parts in (one, other) * 3)
        )
        assert sum(counts) == 2
        assert len(one.provider.found + other.provider.found) == 2
        assert [await one.subscription(user) for user in (ALAN, MARY)] == [
            ("active", BASIC, None)
        ] * 2


def test_a_provider_that_is_down_for_long_is_called_ever_more_rarely(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        parts.provider.will(SILENCE)
        payment = await parts.checkout()
        answers: list[ChargeResult | Exception] = [SILENCE, REFUSAL, PROCESSING]
        for answer, longest in zip(
            answers * 5,
            [2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, *[3_600] * 4],
            strict=True,
        ):
            await parts.make_overdue()
            parts.provider.will(answer)
            assert await parts.charging.finish_overdue() == 1
            ((wait,),) = await parts.rows(WAIT)
            assert longest - 20 < wait <= longest
        for checks in (40, 60, 1_100, 2_147_483_000):
            await parts.rows("UPDATE billing_payment_attempts SET checks = $1", checks)
            await parts.make_overdue()
            parts.provider.will(SILENCE)
            assert await parts.charging.finish_overdue() == 1
            ((wait,),) = await parts.rows(WAIT)
            assert 3_580 < wait <= 3_600
        await parts.make_overdue()
        await parts.charging.finish_overdue()
        assert (await parts.payment(payment["id"]))["status"] == "succeeded"
        assert len(parts.provider.charged) == 1

    play(own_world, scenario)


@asynccontextmanager
async def away(server_url: str, url: str) -> AsyncIterator[None]:
    """The database is away until the block is left."""
    name = urlsplit(url).path.removeprefix("/")
    await run(
        server_url,
        f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false',
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
    )
    try:
        yield
    finally:
        await run(server_url, f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def test_nothing_is_charged_that_cannot_be_recorded(own_world: str, postgres: str) -> None:
    async def scenario(parts: Instance) -> None:
        async with away(postgres, own_world):
            with pytest.raises(DatabaseUnavailable):
                await parts.checkout()
        assert parts.provider.charged == []
        assert (await parts.checkout())["status"] == "succeeded"

    play(own_world, scenario)


@pytest.mark.parametrize(
    ("answer", "found", "status"),
    [
        (SUCCEEDED, SUCCEEDED, "succeeded"),
        (DECLINED, DECLINED, "failed"),
        (SILENCE, SUCCEEDED, "succeeded"),
        (PROCESSING, PROCESSING, "pending"),
    ],
    ids=repr,
)
def test_an_answer_that_cannot_be_stored_is_found_again(
    own_world: str,
    postgres: str,
    answer: ChargeResult | Exception,
    found: ChargeResult,
    status: str,
) -> None:
    async def scenario(parts: Instance) -> None:
        outage = away(postgres, own_world)

        async def break_down(_charge: Charge) -> None:
            await outage.__aenter__()

        parts.provider.meanwhile = break_down
        parts.provider.will(answer)
        with pytest.raises(DatabaseUnavailable):
            await parts.checkout()
        await outage.__aexit__(None, None, None)
        parts.provider.meanwhile = nothing
        assert await parts.subscription() == ("pending", BASIC, None)
        assert await parts.charging.finish_overdue() == 0
        await parts.make_overdue()
        parts.provider.will(found)
        assert await parts.charging.finish_overdue() == 1
        assert (await parts.checkout())["status"] == status
        assert len(parts.provider.charged) == 1

    play(own_world, scenario)


def test_a_worker_that_loses_the_database_goes_on_later(own_world: str, postgres: str) -> None:
    async def scenario(parts: Instance) -> None:
        parts.provider.will(SILENCE)
        await parts.checkout()
        await parts.make_overdue()
        async with away(postgres, own_world):
            with pytest.raises(DatabaseUnavailable):
                await parts.charging.finish_overdue()
        outage = away(postgres, own_world)

        async def break_down(_charge: Charge) -> None:
            await outage.__aenter__()

        parts.provider.meanwhile = break_down
        with pytest.raises(DatabaseUnavailable):
            await parts.charging.finish_overdue()
        await outage.__aexit__(None, None, None)
        parts.provider.meanwhile = nothing
        assert (await parts.checkout())["status"] == "pending"
        await parts.make_overdue()
        assert await parts.charging.finish_overdue() == 1
        assert (await parts.checkout())["status"] == "succeeded"
        assert len(parts.provider.charged) == 1
        assert (await parts.audit())[-1][6] == NOW

    play(own_world, scenario)
