"""With a replica, callers see what they wrote: two instances, a real standby, a real Redis."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from db.connections.errors import DatabaseUnavailable
from db.database import open_database
from keyvalue import KeyValueClient
from services.callers.position_stores import SharedPositions, position_key, written_position
from tests.fixtures.servers.server import Api, metrics_of, serving, settings_for
from tests.fixtures.stores.redis import ControlledRedis
from tests.fixtures.stores.standby import with_standby
from tests.waiting import until

pytestmark = pytest.mark.heavy

START = """
mutation($key: String!) {
  startConversation(input: {title: "first", idempotencyKey: $key}) { conversation { id } }
}
"""
RENAME = """
mutation($id: ID!, $title: String!) {
  renameConversation(input: {conversationId: $id, title: $title}) { conversation { title } }
}
"""
READ = "query($id: ID!) { conversation(id: $id) { title } }"
_READS = re.compile(
    r'^guidance_database_replica_reads_total\{source="(\w+)"\} (\S+)$', re.MULTILINE
)


def on(url: str, statement: str) -> Any:  # Any: of any type
    async def run() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(run())


class Pair:
    """A primary, and its standby, which replays only while it is let."""

    def __init__(self, primary: str, standby: str) -> None:
        self.primary, self.standby = primary, standby

    def hold(self) -> None:
        on(self.standby, "SELECT pg_wal_replay_pause()")

    def catch_up(self) -> None:
        on(self.standby, "SELECT pg_wal_replay_resume()")
        written = on(self.primary, "SELECT pg_current_wal_insert_lsn()::text")
        until(lambda: on(self.standby, f"SELECT pg_last_wal_replay_lsn() >= '{written}'::pg_lsn"))


@pytest.fixture(scope="module")
def pair(database_folder: Path) -> Iterator[Pair]:
    with with_standby(database_folder) as urls:
        yield Pair(*urls)


@pytest.fixture
def person(pair: Pair) -> int:
    email = "gen_random_uuid() || '@people.example'"
    user_id: int = on(pair.primary, f"INSERT INTO users (email) VALUES ({email}) RETURNING id")
    pair.catch_up()
    return user_id


@pytest.fixture
def instances(pair: Pair, redis: ControlledRedis, tmp_path: Path) -> Iterator[tuple[Api, Api]]:
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(serving(settings_for(pair.primary, tmp_path, **others)))
            for others in [{"database_replica_url": pair.standby, "redis_url": redis.url}] * 2
        )
        yield first, second


class Titles:
    """A conversation that a person renames at one instance and reads at another."""

    def __init__(self, api: Api, person: int) -> None:
        self.person = person
        started = api.data(START, {"key": str(uuid4())}, viewer=person)["startConversation"][
            "conversation"
        ]
        self.variables: dict[str, Any] = {"id": started["id"]}

    def rename(self, api: Api, title: str) -> str:
        """Give it another title, and return the token of the answer."""
        answer = api.http.post(
            "/graphql",
            json={"query": RENAME, "variables": self.variables | {"title": title}},
            headers=api.credentials(self.person),
        )
        assert answer.json()["data"]["renameConversation"]["conversation"]["title"] == title
        return str(answer.headers["consistency-token"])

    def read(self, api: Api, **headers: str) -> str:
        answer = api.http.post(
            "/graphql",
            json={"query": READ, "variables": self.variables},
            headers={**api.credentials(self.person), **headers},
        )
        return str(answer.json()["data"]["conversation"]["title"])


def reads(api: Api) -> dict[str, float]:
    return {
        source: float(count)
        for source, count in _READS.findall(metrics_of(api.http))
        if float(count)
    }


def grown(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """What has been read since, by where; both instances count in this process."""
    return {one: after[one] - before.get(one, 0) for one in after if after[one] != before.get(one)}


def test_a_write_is_read_at_every_instance_while_the_replica_lacks_it(
    pair: Pair, instances: tuple[Api, Api], person: int
) -> None:
    one, other = instances
    titles = Titles(one, person)
    pair.catch_up()
    assert titles.read(other) == "first"
    pair.hold()
    before = reads(one)
    for number in range(5):
        titles.rename(one, f"title {number}")
        assert titles.read(other) == f"title {number}"
    assert grown(before, reads(one)) == {"not_replayed": 5}


def test_what_the_replica_has_is_read_there(
    pair: Pair, instances: tuple[Api, Api], person: int
) -> None:
    one, other = instances
    titles = Titles(one, person)
    titles.rename(one, "second")
    titles.read(other)  # the instance has seen this Redis
    pair.catch_up()
    before = reads(one)
    assert [titles.read(other) for _ in range(3)] == ["second"] * 3
    assert grown(before, reads(one)) == {"replica": 3}


def test_what_others_have_changed_is_read_of_the_replica_as_it_is(
    pair: Pair, instances: tuple[Api, Api], person: int
) -> None:
    one, other = instances
    titles = Titles(one, person)
    pair.catch_up()
    titles.read(other)  # the instance has seen this Redis
    pair.hold()
    on(pair.primary, f"UPDATE chat_conversations SET title = 'aside' WHERE user_id = {person}")
    assert titles.read(other) == "first", "what somebody else has changed may be seen later"
    pair.catch_up()
    assert titles.read(other) == "aside"


@pytest.mark.parametrize("loss", ["killed", "flushed", "restarted"])
def test_a_store_that_is_away_or_has_lost_its_data_hides_no_write(
    pair: Pair, redis: ControlledRedis, instances: tuple[Api, Api], person: int, loss: str
) -> None:
    one, other = instances
    titles = Titles(one, person)
    pair.catch_up()
    assert titles.read(other) == "first"
    pair.hold()
    titles.rename(one, "second")
    if loss == "flushed":
        redis.flush()
    else:
        redis.kill()
    if loss == "restarted":
        redis.start()
    assert [titles.read(other) for _ in range(3)] == ["second"] * 3


def test_a_token_is_enough_where_no_store_is_shared(
    pair: Pair, tmp_path: Path, person: int
) -> None:
    alone = settings_for(pair.primary, tmp_path, database_replica_url=pair.standby)
    with serving(alone) as one, serving(alone) as other:
        titles = Titles(one, person)
        pair.catch_up()
        pair.hold()
        token = titles.rename(one, "second")
        assert titles.read(one) == "second", "an instance knows its own writes"
        assert titles.read(other, **{"consistency-token": token}) == "second"


@pytest.mark.parametrize("token", ["", "-1", "0x10", "g", "1" * 16, "\u0661"])
def test_a_token_that_is_none_is_refused(api: Api, token: str) -> None:
    answer = api.http.post(
        "/graphql",
        json={"query": "{ __typename }"},
        headers=[(b"consistency-token", token.encode())],
    )
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["message"] == "The field Consistency-Token is not one that was answered here."


def test_a_replica_that_is_far_behind_is_left_alone(
    pair: Pair, redis: ControlledRedis, tmp_path: Path, person: int
) -> None:
    settings = settings_for(
        pair.primary,
        tmp_path,
        database_replica_url=pair.standby,
        redis_url=redis.url,
        database_replica_max_lag_seconds=0.001,
    )
    pair.hold()
    with serving(settings) as api:
        titles = Titles(api, person)
        until(lambda: api.http.get("/readyz").json()["replica"] == "behind: the primary is read")
        assert api.http.get("/readyz").status_code == 200
        before = reads(api)
        assert titles.read(api) == "first"
        assert grown(before, reads(api)) == {"replica_lags": 1}
    pair.catch_up()


async def test_a_later_write_that_is_earlier_in_the_log_is_remembered_as_long(
    database_url: str, redis: ControlledRedis
) -> None:
    async with (
        KeyValueClient(redis.url) as keyvalue,
        open_database(database_url, replica_url=None, pool_size=1, observe=None) as database,
    ):
        store = SharedPositions(database, keyvalue, 1_000)
        await store.advance("user:1", 2**53 - 1)
        await keyvalue.run("EXPIRE", position_key("user:1"), 1)
        await store.advance("user:1", 7)
        assert await keyvalue.run("TTL", position_key("user:1")) > 900
        assert await store.position("user:1") == 2**53 - 1


@pytest.mark.parametrize(
    "command",
    [
        ("SET", "x"),
        ("SET", ""),
        ("SET", "nan"),
        ("SET", "9" * 40),
        ("RPUSH", "1"),
        ("HSET", "a", "1"),
    ],
    ids=str,
)
async def test_what_is_no_position_is_replaced_by_the_next_write(
    database_url: str, redis: ControlledRedis, command: tuple[str, ...]
) -> None:
    async with (
        KeyValueClient(redis.url) as keyvalue,
        open_database(database_url, replica_url=None, pool_size=1, observe=None) as database,
    ):
        store = SharedPositions(database, keyvalue, 1_000)
        name, *values = command
        await keyvalue.run(name, position_key("user:1"), *values)
        await store.advance("user:1", 2**53 - 1)
        assert await store.position("user:1") == 2**53 - 1


async def test_a_standby_has_no_position_of_its_own(pair: Pair) -> None:
    async with open_database(pair.standby, replica_url=None, pool_size=1, observe=None) as database:
        with pytest.raises(DatabaseUnavailable, match="the primary is a standby"):
            await written_position(database)
