"""Redis behind Sentinels: the primary that they know is used, also after a failover."""

from pathlib import Path

import pytest
from redis import Redis

from keyvalue import KeyValueClient, KeyValueUnavailable, SentinelUrl
from tests.fixtures.stores.redis_cluster import redis_with_sentinel
from tests.keyvalue.availability import until


async def test_the_replica_is_used_once_it_is_the_primary(tmp_path: Path) -> None:
    with redis_with_sentinel(tmp_path) as servers:
        async with KeyValueClient(servers.url) as keyvalue:
            assert await keyvalue.run("SET", "key", "before") == b"OK"
            before = keyvalue.clock_of("key").trusted_after
            servers.kill(servers.primary)
            with pytest.raises(KeyValueUnavailable):
                await keyvalue.run("SET", "key", "lost")
            await until(lambda: keyvalue.is_available)
            assert await keyvalue.run("SET", "key", "after") == b"OK"
            assert keyvalue.clock_of("key").trusted_after != before
        with Redis(port=servers.replica) as promoted:
            assert promoted.get("key") == b"after"


async def test_sentinels_that_are_away_are_no_redis() -> None:
    async with KeyValueClient("redis+sentinel://127.0.0.1:1/main") as keyvalue:
        assert not keyvalue.is_available


def test_what_a_url_says() -> None:
    url = SentinelUrl.parse("rediss+sentinel://ann:p%40ss@one,[2001:db8::1]:7000/chat/2")
    assert url is not None
    assert list(url.sentinels) == [("one", 26379), ("2001:db8::1", 7000)]
    assert url.service == "chat"
    assert url.options == {"username": "ann", "password": "p@ss", "ssl": True, "db": 2}
    assert SentinelUrl.parse("redis://127.0.0.1:6379/0") is None


@pytest.mark.parametrize("url", ["redis+sentinel://one:26379", "redis+sentinel:///chat"])
def test_what_lacks_a_part_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(ValueError, match="redis\\+sentinel://host:26379/service"):
        SentinelUrl.parse(url)
