"""Whatever is under a bucket's key: it is a bucket of ours, or it counts as none."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from keyvalue import KeyValueClient
from services.throttling.records import BucketPolicy, SpendResult
from services.throttling.redis_buckets import RedisBuckets
from tests.fixtures.run.examples import examples
from tests.keyvalue.availability import counted

POLICY = BucketPolicy(capacity=100, restore_rate=1)
HASHES = [
    {"units": "", "at": ""},
    {"units": "none", "at": "1"},
    {"units": "50"},
    {"at": "50"},
    {"units": "nan", "at": "1"},
    {"units": "-5", "at": "1"},
    {"units": "5", "at": "nan"},
    {"units": "5", "at": "-1e300"},
    {"units": b"\xff\xfe", "at": b"\0"},
]
"""None of them is a bucket."""


def spent_over(url: str, stored: Any, key: str) -> SpendResult:
    """Spend 40 units of a bucket in whose place something else is stored."""

    async def scenario() -> SpendResult:
        name = f"guidance:budget:{key}"
        async with KeyValueClient(url) as keyvalue, Redis.from_url(url, protocol=2) as redis:
            budgets = RedisBuckets(keyvalue)
            if isinstance(stored, dict):
                await redis.hset(name, mapping=stored)
            else:
                parts = [name if part == "key" else part for part in stored]
                await redis.execute_command(*parts)  # type: ignore[no-untyped-call]  # no types
            spent = await budgets.spend(key, 40, POLICY)
            assert keyvalue.is_available
            # It is a bucket from now on, which ends.
            again = await budgets.spend(key, 1, POLICY)
            assert again.available in {spent.available - 1, spent.available}
            assert 0 < await redis.ttl(name) <= 102
            await redis.delete(name)
            return spent

    return asyncio.run(scenario())


@pytest.mark.parametrize(
    "stored",
    [
        *HASHES,
        ("SET", "key", "somebody else's"),
        ("SET", "key", b""),
        ("RPUSH", "key", "1"),
        ("SADD", "key", "1"),
        ("ZADD", "key", "1", "1"),
        ("XADD", "key", "*", "a", "b"),
    ],
    ids=str,
)
def test_what_is_no_bucket_is_replaced_by_a_full_one(redis_url: str, stored: Any) -> None:
    before = counted("unreadable", user="budgets")
    assert spent_over(redis_url, stored, uuid4().hex) == SpendResult(60)
    assert counted("unreadable", user="budgets") == before + 1


@pytest.mark.parametrize(
    ("stored", "available"),
    [
        # The clock was an hour ahead, and went back: nothing is restored for that, nor withheld.
        ({"units": "50", "at": "1e300"}, 10),
        # It was an hour behind, and a full bucket is as much as there is.
        ({"units": "0", "at": "1"}, 60),
        ({"units": "1e300", "at": "1"}, 60),
        ({"units": "inf", "at": "inf"}, 60),
        # Somebody else's fields beside ours, or alone, concern nobody.
        ({"other": "1"}, 60),
    ],
    ids=str,
)
def test_a_clock_that_jumps_costs_nobody_anything(
    redis_url: str, stored: Any, available: int
) -> None:
    assert spent_over(redis_url, stored, uuid4().hex).available == available


@examples(25)
@given(
    stored=st.dictionaries(
        st.sampled_from(["units", "at"]),
        st.binary(max_size=20)
        | st.floats().map(str)
        | st.sampled_from(["0x10", " 7 ", "1e400", "99999999999999999999"]),
        min_size=1,
    )
)
def test_whatever_is_there_no_more_than_a_bucket_is_granted(redis_url: str, stored: Any) -> None:
    spent = spent_over(redis_url, stored, uuid4().hex)
    assert 0 <= spent.available <= 100
