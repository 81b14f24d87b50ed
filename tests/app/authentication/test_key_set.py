"""The identity provider's keys: kept for a while, asked for seldom, never lost."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from app.authentication.key_set import (
    FRESH_SECONDS,
    RETRY_SECONDS,
    KeySet,
    KeySetUnavailable,
    UnknownKey,
)
from tests.fixtures.key_server import KeyServer, key_server
from tests.fixtures.server import serving, settings_for

PRIVATE = Ed25519PrivateKey.generate()
PUBLIC: dict[str, Any] = json.loads(OKPAlgorithm.to_jwk(PRIVATE.public_key()))


@pytest.fixture
def provider() -> Iterator[KeyServer]:
    with key_server() as server:
        server.keys = [PUBLIC | {"kid": "first", "alg": "EdDSA"}]
        yield server


class Seconds:
    """A clock that is moved by hand."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def with_keys(provider: KeyServer, scenario: Callable[[KeySet, Seconds], Awaitable[None]]) -> None:
    async def run() -> None:
        seconds = Seconds()
        async with KeySet(provider.url, seconds=seconds) as keys:
            await scenario(keys, seconds)

    asyncio.run(run())


def test_many_who_ask_at_once_cost_one_fetch(provider: KeyServer) -> None:
    async def scenario(keys: KeySet, _seconds: Seconds) -> None:
        found = await asyncio.gather(*(keys.key("first") for _ in range(50)))
        assert {key.key_id for key in found} == {"first"}
        assert provider.asked == 1

    with_keys(provider, scenario)


def test_keys_are_fetched_again_when_they_are_no_longer_fresh(provider: KeyServer) -> None:
    async def scenario(keys: KeySet, seconds: Seconds) -> None:
        await keys.key("first")
        seconds.now += FRESH_SECONDS - 1
        await keys.key("first")
        assert provider.asked == 1
        seconds.now += 1
        await keys.key("first")
        assert provider.asked == 2

    with_keys(provider, scenario)


def test_a_rotation_is_noticed_and_invented_ids_cost_little(provider: KeyServer) -> None:
    async def scenario(keys: KeySet, seconds: Seconds) -> None:
        await keys.key("first")
        provider.keys.append(PUBLIC | {"kid": "second", "alg": "EdDSA"})
        seconds.now += RETRY_SECONDS
        assert (await keys.key("second")).key_id == "second"
        assert provider.asked == 2
        for invented in range(20):
            with pytest.raises(UnknownKey):
                await keys.key(f"invented-{invented}")
        assert provider.asked == 2

    with_keys(provider, scenario)


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b"{}"), (200, b"nonsense"), (200, b"[]"), (200, b"\xff"), (200, b" " * 1_000_001)],
)
def test_old_keys_outlive_a_provider_that_fails(
    provider: KeyServer, status: int, body: bytes
) -> None:
    async def scenario(keys: KeySet, seconds: Seconds) -> None:
        await keys.key("first")
        provider.status, provider.body = status, body
        seconds.now += FRESH_SECONDS * 10
        assert (await keys.key("first")).key_id == "first"
        assert provider.asked == 2

    with_keys(provider, scenario)


def test_a_provider_that_never_answered(provider: KeyServer) -> None:
    async def scenario(keys: KeySet, seconds: Seconds) -> None:
        provider.status = 503
        for _ in range(5):
            with pytest.raises(KeySetUnavailable):
                await keys.key("first")
        assert provider.asked == 1
        provider.status = 200
        seconds.now += RETRY_SECONDS
        assert (await keys.key("first")).key_id == "first"

    with_keys(provider, scenario)


def test_requests_wait_for_a_provider_that_is_away(
    provider: KeyServer, world: str, tmp_path: Path
) -> None:
    provider.status = 503
    token = jwt.encode({"sub": "1", "exp": 9_999_999_999}, PRIVATE, "EdDSA", {"kid": "first"})
    with serving(settings_for(world, tmp_path, jwt_jwks_url=provider.url)) as api:
        answer = api.http.post(
            "/graphql",
            json={"query": "{ viewer { id } }"},
            headers={"authorization": f"Bearer {token}"},
        )
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "SERVICE_UNAVAILABLE"}
