"""The client of Redis: cancelled, flooded, refused; a server that is busy, or we are."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

import pytest
import uvloop
from psutil import Process
from redis.asyncio import Redis

from keyvalue import CommandRefused, KeyValueClient, KeyValueUnavailable, Script
from keyvalue.client import CONNECTIONS, MOST_WAITING
from tests.captured_logs import capture_logs
from tests.fixtures.stores.redis import ControlledRedis, controlled_redis
from tests.keyvalue.availability import LONGEST_SECONDS, until, until_available
from tests.keyvalue.fake_servers import fake_server

STEPS = 40
"""More than the event loop takes for a question and its answer."""
WARNED = {"event": "circuit opened", "circuit": "redis", "log_level": "warning"}


def is_connected(url: str) -> bool:
    """Whether this process has connections to a server."""
    port = urlsplit(url).port
    return any(one.raddr and one.raddr.port == port for one in Process().net_connections("tcp"))


@pytest.mark.parametrize("steps", range(STEPS))
async def test_who_is_cancelled_stops_whenever_that_is(redis_url: str, steps: int) -> None:
    """And nobody is ever given the answer to another's question."""
    async with KeyValueClient(redis_url) as keyvalue:

        async def ask_for_ever(name: str) -> None:
            while True:
                assert await keyvalue.run("ECHO", name) == name.encode()

        asking = [asyncio.create_task(ask_for_ever(f"{number}")) for number in range(9)]
        for _ in range(steps):
            await asyncio.sleep(0)
        stays, *leaves = asking
        for one in leaves:
            one.cancel()
        async with asyncio.timeout(LONGEST_SECONDS):
            await asyncio.wait(leaves)
        assert all(one.cancelled() for one in leaves)
        assert await keyvalue.run("ECHO", "after") == b"after"
        assert not stays.done()
        stays.cancel()
        assert keyvalue.is_available


async def test_waiting_that_is_cancelled_leaves_no_answer_behind(redis_url: str) -> None:
    async with KeyValueClient(redis_url) as keyvalue:
        command = ("XREAD", "BLOCK", 10_000, "STREAMS", "nothing", "0")
        waiting = asyncio.create_task(keyvalue.run_blocking(*command, block_seconds=10))
        async with Redis.from_url(redis_url, protocol=2) as redis:
            await until_blocked(redis)
            waiting.cancel()
            await asyncio.wait([waiting])
            await redis.xadd("other", {"a": "b"}, id="1-0")
            command = ("XREAD", "BLOCK", 10_000, "STREAMS", "other", "0")
            answer = await keyvalue.run_blocking(*command, block_seconds=10)
            assert answer == [[b"other", [[b"1-0", [b"a", b"b"]]]]]
            await redis.delete("other")
        assert keyvalue.is_available


async def until_blocked(redis: Redis) -> None:
    """Wait until somebody waits for something to come."""
    async with asyncio.timeout(LONGEST_SECONDS):
        while not (await redis.info("clients"))["blocked_clients"]:
            await asyncio.sleep(0.005)


@pytest.mark.heavy
@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_who_takes_nothing_in_is_not_waited_for(
    tmp_path: Path, loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    """On the server's event loop and on asyncio's, which buffers it all in 3.12.1 and 3.13.0."""

    async def scenario(server: ControlledRedis) -> None:
        async with KeyValueClient(server.url, timeout_seconds=0.5) as keyvalue:
            server.pause()
            async with asyncio.timeout(LONGEST_SECONDS):
                with pytest.raises(KeyValueUnavailable):
                    await keyvalue.run("SET", "key", bytes(50_000_000))
        # What was not sent does not keep the connection from closing.
        async with asyncio.timeout(LONGEST_SECONDS):
            while is_connected(server.url):
                await asyncio.sleep(0.005)

    with controlled_redis(tmp_path) as server, asyncio.Runner(loop_factory=loop) as runner:
        runner.run(scenario(server))


async def test_one_that_hangs_is_waited_for_once(redis: ControlledRedis) -> None:
    async with KeyValueClient(redis.url) as keyvalue:
        redis.pause()
        started = perf_counter()
        with capture_logs() as logs:
            requested = [keyvalue.run("PING") for _ in range(1_000)]
            answers = await asyncio.gather(*requested, return_exceptions=True)
            assert {type(one) for one in answers} == {KeyValueUnavailable}
            # A quarter of a second, more where the machine is busy.
            assert perf_counter() - started < 1.5
            started = perf_counter()
            for _ in range(1_000):
                with pytest.raises(KeyValueUnavailable):
                    await keyvalue.run("PING")
            assert perf_counter() - started < 1
            redis.resume()
            await until_available(keyvalue)
        assert await keyvalue.run("PING") == b"PONG"
    opened, closed = logs
    assert opened == WARNED | {"reason": "timeout"}
    assert (closed["event"], closed["refused"]) == ("circuit closed", 1_000)


async def test_a_thousand_at_once_take_a_few_round_trips(redis: ControlledRedis) -> None:
    async with KeyValueClient(redis.url) as keyvalue, Redis.from_url(redis.url) as other:
        before = (await other.info("stats"))["total_reads_processed"]
        requested = [keyvalue.run("ECHO", number) for number in range(1_000)]
        answers = await asyncio.gather(*requested)
        assert answers == [b"%d" % number for number in range(1_000)]
        read = (await other.info("stats"))["total_reads_processed"] - before
        assert read < 20
        connected = (await other.info("clients"))["connected_clients"]
        assert connected == CONNECTIONS + 1


async def test_too_many_that_wait_are_refused_and_redis_is_not_blamed(
    redis: ControlledRedis,
) -> None:
    async with KeyValueClient(redis.url, timeout_seconds=LONGEST_SECONDS) as keyvalue:
        redis.pause()
        requested = [asyncio.create_task(keyvalue.run("PING")) for _ in range(MOST_WAITING + 5_000)]
        await until(lambda: any(one.done() for one in requested))
        redis.resume()
        answers = await asyncio.gather(*requested, return_exceptions=True)
        refused = [one for one in answers if isinstance(one, KeyValueUnavailable)]
        assert 0 < len(refused) <= 5_000
        assert [one for one in answers if one != b"PONG"] == refused
        assert keyvalue.is_available


async def test_a_busy_event_loop_is_not_taken_for_a_slow_redis(redis_url: str) -> None:
    async with KeyValueClient(redis_url, timeout_seconds=0.2) as keyvalue:
        for _ in range(4):
            asking = [asyncio.create_task(keyvalue.run("PING")) for _ in range(10)]
            await asyncio.sleep(0)
            ends = perf_counter() + 0.4
            while perf_counter() < ends:
                pass
            assert await asyncio.gather(*asking) == [b"PONG"] * 10
        assert keyvalue.is_available


async def test_a_command_that_is_refused_is_one_callers_affair(redis_url: str) -> None:
    async with KeyValueClient(redis_url) as keyvalue:
        script = Script("return redis.call('HGET', KEYS[1], 'field')")
        await keyvalue.run("SET", "text", "1")
        answers = await asyncio.gather(
            keyvalue.run("HGET", "text", "field"),
            keyvalue.run("GET", "text"),
            keyvalue.run("NONSENSE"),
            keyvalue.run_script(script, ["text"], []),
            return_exceptions=True,
        )
        assert [type(one) for one in answers] == [
            CommandRefused,
            bytes,
            CommandRefused,
            CommandRefused,
        ]
        assert keyvalue.is_available


async def test_a_script_that_redis_forgot_is_sent_again(redis: ControlledRedis) -> None:
    script = Script("return tonumber(ARGV[1]) + 1")
    async with KeyValueClient(redis.url) as keyvalue:
        for number in range(3):
            requested = [keyvalue.run_script(script, [], [number]) for _ in range(5)]
            assert await asyncio.gather(*requested) == [number + 1] * 5
            await keyvalue.run("SCRIPT", "FLUSH")


async def test_a_connection_that_is_killed_is_replaced_at_once(redis: ControlledRedis) -> None:
    async with KeyValueClient(redis.url) as keyvalue, Redis.from_url(redis.url) as other:
        for _ in range(3):
            await other.client_kill_filter(_type="normal", skipme=True)
            started = perf_counter()
            while True:
                try:
                    assert await keyvalue.run("PING") == b"PONG"
                    break
                except KeyValueUnavailable:
                    await until_available(keyvalue)
            assert perf_counter() - started < 1


@pytest.mark.parametrize(
    ("setting", "broken", "whole", "reason"),
    [("maxmemory", "1", "0", "OOM"), ("min-replicas-to-write", "1", "0", "NOREPLICAS")],
)
async def test_a_server_that_takes_no_writes_is_left_alone_until_it_does(
    redis: ControlledRedis, setting: str, broken: str, whole: str, reason: str
) -> None:
    script = Script("return redis.call('SET', KEYS[1], ARGV[1])")
    async with KeyValueClient(redis.url) as keyvalue, Redis.from_url(redis.url) as other:
        await other.config_set(setting, broken)
        with capture_logs() as logs:
            with pytest.raises(KeyValueUnavailable):
                await keyvalue.run_script(script, ["key"], ["1"])
            for _ in range(5):
                with pytest.raises(KeyValueUnavailable):
                    await keyvalue.run("GET", "key")
                await asyncio.sleep(0.05)
            assert logs == [WARNED | {"reason": reason}]
        await other.config_set(setting, whole)
        await until_available(keyvalue)
        assert await keyvalue.run_script(script, ["key"], ["1"]) == b"OK"


@pytest.mark.parametrize(
    "nonsense",
    [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"$x\r\n", b"*-7\r\n", b"+OK\r\n" * 9, b"\0" * 99],
)
async def test_an_answer_that_is_none_is_nobodys(nonsense: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while nonsense and await reader.read(65_536):
            writer.write(nonsense)

    async with fake_server(answer) as url, KeyValueClient(url, timeout_seconds=0.1) as keyvalue:
        with pytest.raises(KeyValueUnavailable):
            await keyvalue.run("ECHO", "x")


async def test_who_waits_when_the_client_is_closed_gets_an_error(redis: ControlledRedis) -> None:
    async with KeyValueClient(redis.url, timeout_seconds=LONGEST_SECONDS) as keyvalue:
        redis.pause()
        requested = [asyncio.create_task(keyvalue.run("PING")) for _ in range(3_000)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    async with asyncio.timeout(LONGEST_SECONDS):
        answers = await asyncio.gather(*requested, return_exceptions=True)
    assert {type(one) for one in answers} == {KeyValueUnavailable}
    with pytest.raises(KeyValueUnavailable):
        await keyvalue.run("PING")


async def test_what_cannot_be_sent_is_its_callers_mistake_alone(redis_url: str) -> None:
    async with KeyValueClient(redis_url) as keyvalue:
        requested = [keyvalue.run("ECHO", text) for text in ("a", "\ud83d", "b")]
        one, wrong, other = await asyncio.gather(*requested, return_exceptions=True)
        assert (one, other) == (b"a", b"b")
        assert isinstance(wrong, UnicodeEncodeError)
        assert keyvalue.is_available
