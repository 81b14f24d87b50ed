"""A Redis Cluster: each command goes to the server that has its key, also after a failover."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing

import pytest
from redis import Redis
from redis.crc import key_slot

from keyvalue import (
    CommandRefused,
    KeyValueCluster,
    KeyValueError,
    KeyValueUnavailable,
    Script,
    open_keyvalue,
)
from keyvalue.topology import Topology, server_urls
from streams import ReplyStreams
from streams.redis import RedisStreams
from tests.fixtures.stores.redis_cluster import RedisCluster, redis_cluster
from tests.keyvalue.availability import until

KEYS = [f"key:{number}" for number in range(50)]
ADD = Script("return redis.call('INCRBY', KEYS[1], ARGV[1])")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisCluster]:
    with redis_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


async def test_every_key_is_found_at_its_server(cluster: RedisCluster) -> None:
    async with KeyValueCluster(cluster.url) as keyvalue:
        assert keyvalue.is_available
        assert await keyvalue.run_all([("SET", key, key) for key in KEYS]) == [b"OK"] * 50
        assert await keyvalue.run_all([("GET", key) for key in KEYS]) == [
            key.encode() for key in KEYS
        ]
        for key in KEYS:
            assert await keyvalue.run_script(ADD, [f"sum:{key}"], [2]) == 2
        for group in keyvalue.together(KEYS):
            assert await keyvalue.run("DEL", *group) == len(group)
        await keyvalue.synchronize()
        await keyvalue.ping()
    counts = []
    for port in cluster.primaries:
        with Redis(port=port) as server:
            counts.append(server.dbsize())
    assert sum(counts) == 50
    assert all(counts)


async def test_streams_are_followed_from_every_server(cluster: RedisCluster) -> None:
    async with KeyValueCluster(cluster.url) as one, KeyValueCluster(cluster.url) as other:
        writing, reading = ReplyStreams(RedisStreams(one)), ReplyStreams(RedisStreams(other))
        writers = [await writing.begin(reply_id) for reply_id in range(1, 31)]

        async def text_of(reply_id: int) -> str:
            async with aclosing(reading.follow(reply_id, 0)) as deltas:
                return "".join([delta.text async for delta in deltas])

        followers = [asyncio.create_task(text_of(reply_id)) for reply_id in range(1, 31)]
        for piece in ("Hello", " ", "there"):
            for writer in writers:
                await writer.append(piece)
        for writer in writers:
            await writer.end()
        assert await asyncio.gather(*followers) == ["Hello there"] * 30
        await reading.close()
        await writing.close()


async def test_a_slot_that_is_moved_is_followed(cluster: RedisCluster) -> None:
    """While it is on its way too: what has gone there already is asked there."""
    async with KeyValueCluster(cluster.url) as keyvalue:
        await keyvalue.run_all([("SET", "{moved}:1", "one"), ("SET", "{moved}:2", "two")])
        slot = key_slot(b"moved")
        source, target = _owner_and_another(cluster, slot)
        with Redis(port=source) as old, Redis(port=target) as new:
            old_id = old.execute_command("CLUSTER", "MYID")
            new_id = new.execute_command("CLUSTER", "MYID")
            new.execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", old_id)
            old.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", new_id)
            old.execute_command("MIGRATE", "127.0.0.1", target, "{moved}:1", 0, 1000)
            asked = [("GET", "{moved}:1"), ("GET", "{moved}:2"), ("GET", "elsewhere")]
            assert await keyvalue.run_all(asked) == [b"one", b"two", None]
            with pytest.raises(CommandRefused):
                await keyvalue.run("MGET", "{moved}:1", "{moved}:2")
            read = ("XREAD", "BLOCK", 1, "STREAMS", "{moved}:1", "{moved}:2", "0", "0")
            with pytest.raises(KeyValueUnavailable):
                await keyvalue.run_blocking(*read, block_seconds=0.001)
            assert keyvalue.is_available
            old.execute_command("MIGRATE", "127.0.0.1", target, "{moved}:2", 0, 1000)
            for port in (target, source, *cluster.primaries):
                with Redis(port=port) as server:
                    server.execute_command("CLUSTER", "SETSLOT", slot, "NODE", new_id)
        assert await keyvalue.run_all(asked) == [b"one", b"two", None]
        assert keyvalue.is_available


async def test_another_takes_over_for_a_primary_that_dies(cluster: RedisCluster) -> None:
    """Meanwhile the keys of the others are served; this is the module's last test."""
    async with KeyValueCluster(cluster.url, probe_seconds=0.05) as keyvalue:
        lost = cluster.primaries[0]
        owners = {key: _owner_and_another(cluster, key_slot(key.encode()))[0] for key in KEYS}
        assert set(owners.values()) == set(cluster.primaries)
        cluster.kill(lost)
        kept = next(key for key, port in owners.items() if port != lost)
        gone = next(key for key, port in owners.items() if port == lost)

        async def is_served(key: str) -> bool:
            try:
                return bool(await keyvalue.run("SET", key, "again"))
            except KeyValueError:
                return False

        assert not await is_served(gone)
        await until(lambda: keyvalue.is_available)
        assert await is_served(kept)
        assert await is_served(gone)
        assert await keyvalue.run("GET", gone) == b"again"


async def test_nobody_waits_for_a_cluster_that_is_away() -> None:
    async with open_keyvalue("redis+cluster://127.0.0.1:1,127.0.0.1:2") as keyvalue:
        assert not keyvalue.is_available
        with pytest.raises(KeyValueError):
            await keyvalue.run("GET", "key")
        with pytest.raises(KeyValueError):
            await keyvalue.ping()


def test_servers_are_reached_like_the_one_that_was_asked() -> None:
    asked = "rediss://user:pass@one.example:7000?ssl_ca_certs=ca.pem"
    answer = [
        [8192, 16383, [b"", 7001, b"id"]],
        [0, 8191, [b"2001:db8::1", 7002, b"id"], [b"replica", 1, b"id"]],
    ]
    topology = Topology.of(answer, asked)
    assert topology.urls == (
        "rediss://user:pass@[2001:db8::1]:7002?ssl_ca_certs=ca.pem",
        "rediss://user:pass@one.example:7001?ssl_ca_certs=ca.pem",
    )
    assert {topology.server_of(key) for key in KEYS} == set(topology.urls)
    assert Topology.of(answer[:1], asked).server_of(b"foo") is not None
    assert server_urls("rediss+cluster://user:pass@a:1,b:2?ssl_ca_certs=ca.pem") == (
        "rediss://user:pass@a:1?ssl_ca_certs=ca.pem",
        "rediss://user:pass@b:2?ssl_ca_certs=ca.pem",
    )


def _owner_and_another(cluster: RedisCluster, slot: int) -> tuple[int, int]:
    with Redis(port=cluster.primaries[0]) as server:
        ranges = server.execute_command("CLUSTER", "SLOTS")
    owner = next(one[2][1] for one in ranges if one[0] <= slot <= one[1])
    return owner, next(port for port in cluster.primaries if port != owner)
