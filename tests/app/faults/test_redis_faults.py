"""Redis fails in each of its ways: nobody is refused, no answer is wrong, and all recovers."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event

import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.app.faults.everybody import ask_all, is_recovered
from tests.fixtures.servers.server import Api, serving, settings_for
from tests.fixtures.stores.redis import ControlledRedis, controlled_redis
from tests.waiting import until

MOST_SECONDS = 2.0
"""For what is answered in some milliseconds; a command waits a quarter of a second."""
RECOVERY_SECONDS = 5.0
PAUSE_MILLISECONDS = 1_500
SLOWLY = """
local began = redis.call('TIME')
repeat local now = redis.call('TIME')
until (now[1] - began[1]) * 1000000 + now[2] - began[2] > 200000"""
Fault = Callable[["Redis", ControlledRedis], "Iterator[None]"]


def value_of(redis: Redis, setting: str) -> str:
    """How it is set."""
    return str(redis.config_get(setting)[setting])


def set_for_a_while(**settings: str) -> Callable[[Redis, ControlledRedis], Iterator[None]]:
    """Settings that are as before when all is over; those who are connected are ended."""

    def fault(redis: Redis, _server: ControlledRedis) -> Iterator[None]:
        names = {name: name.replace("_", "-") for name in settings}
        before = {name: value_of(redis, one) for name, one in names.items()}
        for name, value in settings.items():
            redis.config_set(names[name], value)
        redis.client_kill_filter(_type="normal", skipme=True)
        yield
        for name, value in before.items():
            redis.config_set(names[name], value)

    return fault


def loading(redis: Redis, server: ControlledRedis) -> Iterator[None]:
    """It has started again, and reads what it has saved."""
    redis.mset({f"guidance:other:{number}": "x" * 2_000 for number in range(2_000)})
    server.save()
    server.kill()
    server.start("--key-load-delay", "500", "--loading-process-events-interval-bytes", "1024")
    yield


def read_only(redis: Redis, _server: ControlledRedis) -> Iterator[None]:
    """A failover has made it a replica."""
    redis.replicaof("127.0.0.1", "1")
    yield
    redis.replicaof("NO", "ONE")


def not_saving(redis: Redis, server: ControlledRedis) -> Iterator[None]:
    """It could not save its data, and takes no writes for that (MISCONF)."""
    server.kill()
    server.start("--enable-protected-configs", "yes")
    folder = value_of(redis, "dir")
    redis.config_set("save", "3600 1")
    redis.config_set("dir", "/proc")
    with suppress(RedisError):
        redis.bgsave()
    until(lambda: redis.info("persistence")["rdb_last_bgsave_status"] == "err")
    yield
    redis.config_set("save", "")
    redis.config_set("dir", folder)


def not_permitted(redis: Redis, _server: ControlledRedis) -> Iterator[None]:
    """Somebody has taken our permissions away."""
    redis.acl_setuser("default", enabled=True, commands=["-@write", "-@scripting"])
    yield
    redis.acl_setuser("default", enabled=True, commands=["+@all"])


def paused(redis: Redis, _server: ControlledRedis) -> Iterator[None]:
    """It answers nobody for a while."""
    redis.client_pause(PAUSE_MILLISECONDS, all=True)
    yield


def again_and_again(act: Callable[[Redis], object]) -> Fault:
    """Something is done to it a hundred times a second."""

    def fault(redis: Redis, _server: ControlledRedis) -> Iterator[None]:
        ended = Event()

        def go_on() -> None:
            while not ended.wait(0.01):
                act(redis)

        with ThreadPoolExecutor() as threads:
            doing = threads.submit(go_on)
            yield
            ended.set()
            doing.result()

    return fault


FAULTS: dict[str, Fault] = {
    "LOADING": loading,
    "OOM": set_for_a_while(maxmemory="1", maxmemory_policy="noeviction"),
    "NOAUTH": set_for_a_while(requirepass="a new one"),
    "READONLY": read_only,
    "MISCONF": not_saving,
    "NOPERM": not_permitted,
    "NOREPLICAS": set_for_a_while(min_replicas_to_write="1"),
    "no room for clients": set_for_a_while(maxclients="1"),
    "paused": paused,
    "killed": again_and_again(lambda redis: redis.client_kill_filter(_type="normal", skipme=True)),
    "slow": again_and_again(lambda redis: redis.eval(SLOWLY, 0)),
}

IN_SHORT = {"LOADING", "OOM", "NOAUTH", "no room for clients", "paused", "killed"}
"""One of each kind: it starts, refuses writes, all commands, connections; it hangs, and dies."""

REASONS = {
    # It may close the connection before it has read what we say, and then cannot be heard.
    "no room for clients": "(too_many_clients|connection)",
    "paused": "timeout",
    "killed": "connection",
    "slow": "(slow|timeout)",
}
"""What the log says, where that is not what Redis does."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlledRedis]:
    with controlled_redis(tmp_path_factory.mktemp("redis")) as started:
        yield started


@pytest.fixture(scope="module")
def api_beside(
    world: str, server: ControlledRedis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("data")
    settings = settings_for(world, folder, redis_url=server.url, serve_runs_worker=False)
    with serving(settings) as api:
        yield api


@pytest.mark.parametrize(
    "name",
    [pytest.param(one, marks=[] if one in IN_SHORT else pytest.mark.slow) for one in FAULTS],
)
def test_nobody_notices(
    api_beside: Api, server: ControlledRedis, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    word = "".join(letter for letter in name if letter.isalpha())
    until(lambda: is_recovered(api_beside))
    with Redis.from_url(server.url, socket_timeout=60) as redis:
        fault = FAULTS[name](redis, server)
        next(fault)
        assert max(ask_all(api_beside, word)) < MOST_SECONDS
        assert max(ask_all(api_beside, word)) < MOST_SECONDS
        next(fault, None)
    until(lambda: is_recovered(api_beside), seconds=RECOVERY_SECONDS)
    assert max(ask_all(api_beside, word)) < MOST_SECONDS
    assert is_recovered(api_beside)
    said = "".join(capfd.readouterr())
    assert "Traceback" not in said
    assert re.search(f"reason={REASONS.get(name, name)}", said)
