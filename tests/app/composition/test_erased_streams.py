"""Erasures and what Redis holds: nothing that the person was answered, when a receipt says so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from redis import Redis

from app.wiring import Application, open_application
from db.states import PrivacyRequestStatus
from streams.redis import stream_key
from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.server import settings_for
from tests.fixtures.stores.postgres import rows_of, run
from tests.fixtures.stores.redis import ControlledRedis
from tests.fixtures.stores.world import ADA
from tests.services.privacy.erasures import TAKE_AGAIN
from tests.services.privacy.privacy_instances import LATER, until

SLOWLY = {"tokens": 40, "tokens_per_second": 10}
DUE = (
    "DELETE FROM user_privacy_requests WHERE user_id = 2;"
    "UPDATE user_privacy_requests SET scheduled_for = '2026-02-20' WHERE user_id = 1"
)
STATUS = """SELECT status FROM user_privacy_requests WHERE id = $1
UNION ALL SELECT status FROM archived_privacy_requests WHERE id = $1"""


@asynccontextmanager
async def requested_erasure(
    url: str, folder: Path, redis: ControlledRedis, stand_in: StandInControl
) -> AsyncIterator[tuple[Application, int, int]]:
    """A process, the reply that Ada is given there, and her request to be erased."""
    settings = settings_for(url, folder, redis_url=redis.url, chat_llm_base_url=stand_in.url)
    async with open_application(settings, url, clock=lambda: LATER) as application:
        reply_id = await streamed_reply(application, redis, stand_in)
        request = await application.privacy.service.request_erasure(
            ADA, idempotency_key="erase", request_id="request"
        )
        await run(url, DUE)
        yield application, reply_id, int(request["id"])


async def streamed_reply(
    application: Application, redis: ControlledRedis, stand_in: StandInControl
) -> int:
    """A reply whose text is in Redis: on a busy machine Redis may be given up for one of them."""
    number = 0
    while True:
        number += 1
        sent = await application.chat.guidance.send(
            ADA, conversation_id=None, content="Hello?", idempotency_key=f"hello {number}"
        )
        reply_id = sent.reply_id
        while not texts_in(redis, reply_id) and stand_in.counts()["finished"] < number:
            await asyncio.sleep(0.01)
        if texts_in(redis, reply_id):
            return reply_id


async def status(url: str, request: int) -> str:
    return str((await rows_of(url, STATUS, request))[0][0])


async def erase(application: Application) -> int:
    return await application.privacy.runner.run_due(application.privacy.erasing)


async def erase_until_completed(application: Application, url: str, request: int) -> None:
    """On a busy machine Redis may not answer in time; the erasure is then tried again later."""
    while await status(url, request) != PrivacyRequestStatus.COMPLETED.value:
        await run(url, TAKE_AGAIN)
        await erase(application)


def texts_in(redis: ControlledRedis, reply_id: int) -> list[bytes]:
    """What is kept of a reply that is a text."""
    with Redis.from_url(redis.url) as client:
        entries = client.xrange(stream_key(reply_id))
    return [fields[b"text"] for _, fields in entries if b"text" in fields]


async def test_a_reply_that_has_ended_is_forgotten(
    own_world: str, tmp_path: Path, redis: ControlledRedis, stand_in: StandInControl
) -> None:
    async with requested_erasure(own_world, tmp_path, redis, stand_in) as (application, *ids):
        reply, request = ids
        complete = "SELECT count(*) FROM chat_messages WHERE id = $1 AND status = 'complete'"
        while not (await rows_of(own_world, complete, reply))[0][0]:
            await asyncio.sleep(0.01)
        assert texts_in(redis, reply)
        await erase_until_completed(application, own_world, request)
        assert texts_in(redis, reply) == []


async def test_a_reply_that_is_being_generated_is_erased_and_not_stored_again(
    own_world: str, tmp_path: Path, redis: ControlledRedis, stand_in: StandInControl
) -> None:
    stand_in.behave(**SLOWLY)
    async with requested_erasure(own_world, tmp_path, redis, stand_in) as (application, *ids):
        reply, request = ids
        await erase_until_completed(application, own_world, request)
        assert texts_in(redis, reply) == []
        await until(lambda: stand_in.counts()["running"] == 0)
        assert texts_in(redis, reply) == []


async def test_no_erasure_completes_while_redis_cannot_be_reached(
    own_world: str, tmp_path: Path, redis: ControlledRedis, stand_in: StandInControl
) -> None:
    async with requested_erasure(own_world, tmp_path, redis, stand_in) as (application, *ids):
        request = ids[1]
        await until(lambda: stand_in.counts()["running"] == 0)
        redis.kill()
        assert await erase(application) == 1
        assert await status(own_world, request) == PrivacyRequestStatus.PROCESSING.value
        redis.start()
        await erase_until_completed(application, own_world, request)
