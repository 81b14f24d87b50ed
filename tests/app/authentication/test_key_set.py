"""The identity provider's keys: kept for a while, requested seldom, never lost."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from app.authentication.key_set import (
    FRESH_SECONDS,
    LARGEST_BYTES,
    RETRY_SECONDS,
    STALE_SECONDS,
    KeySet,
    KeySetUnavailable,
    UnknownKey,
)
from tests.captured_logs import capture_logs
from tests.fixtures.outside.endless import (
    Answer,
    a_body_without_end,
    a_byte_at_a_time,
    a_compressed_body,
    a_head_without_end,
    endless_server,
    nothing,
)
from tests.fixtures.outside.key_server import KeyServer, key_server
from tests.fixtures.servers.server import serving, settings_for

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


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


def with_keys(provider: KeyServer, scenario: Callable[[KeySet, Seconds], Awaitable[None]]) -> None:
    async def run() -> None:
        seconds = Seconds()
        async with KeySet(provider.url, seconds=seconds) as keys:
            await scenario(keys, seconds)

    asyncio.run(run())


def test_many_who_ask_at_once_cost_one_fetch(provider: KeyServer) -> None:
    async def scenario(keys: KeySet, _seconds: Seconds) -> None:
        found = await asyncio.gather(*(keys.keys("first", "EdDSA") for _ in range(50)))
        assert {key.key_id for (key,) in found} == {"first"}
        assert provider.requested == 1

    with_keys(provider, scenario)


def test_keys_are_fetched_again_when_they_are_no_longer_fresh(provider: KeyServer) -> None:
    async def scenario(keys: KeySet, seconds: Seconds) -> None:
        await keys.keys("first", "EdDSA")
        seconds.now += FRESH_SECONDS - 1
        await keys.keys("first", "EdDSA")
        assert provider.requested == 1
        seconds.now += 1
        await keys.keys("first", "EdDSA")
        await until(lambda: provider.requested == 2)

    with_keys(provider, scenario)


def test_a_rotation_is_noticed_and_invented_ids_cost_little(provider: KeyServer) -> None:
    async def scenario(keys: KeySet, seconds: Seconds) -> None:
        await keys.keys("first", "EdDSA")
        provider.keys.append(PUBLIC | {"kid": "second", "alg": "EdDSA"})
        seconds.now += RETRY_SECONDS
        (key,) = await keys.keys("second", "EdDSA")
        assert key.key_id == "second"
        assert provider.requested == 2
        for invented in range(20):
            with pytest.raises(UnknownKey):
                await keys.keys(f"invented-{invented}", "EdDSA")
        assert provider.requested == 2

    with_keys(provider, scenario)


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b"{}"), (200, b"nonsense"), (200, b"[]"), (200, b"\xff"), (200, b" " * 1_000_001)],
)
def test_old_keys_outlive_a_provider_that_fails(
    provider: KeyServer, status: int, body: bytes
) -> None:
    async def scenario(keys: KeySet, seconds: Seconds) -> None:
        await keys.keys("first", "EdDSA")
        provider.status, provider.body = status, body
        seconds.now += STALE_SECONDS
        assert len(await keys.keys("first", "EdDSA")) == 1
        assert provider.requested == 2

    with_keys(provider, scenario)


def test_a_provider_that_never_answered(provider: KeyServer) -> None:
    async def scenario(keys: KeySet, seconds: Seconds) -> None:
        provider.status = 503
        for _ in range(5):
            with pytest.raises(KeySetUnavailable):
                await keys.keys("first", "EdDSA")
        assert provider.requested == 1
        provider.status = 200
        seconds.now += RETRY_SECONDS
        assert len(await keys.keys("first", "EdDSA")) == 1

    with_keys(provider, scenario)


@pytest.mark.parametrize(
    "answer",
    [a_body_without_end, a_byte_at_a_time, a_compressed_body, a_head_without_end, nothing],
)
async def test_an_answer_without_end_is_read_no_further_than_needed(answer: Answer) -> None:
    async with endless_server(answer) as endless:
        async with KeySet(endless.url, deadline_seconds=0.3) as keys:
            began = monotonic()
            with pytest.raises(KeySetUnavailable):
                await keys.keys("first", "EdDSA")
            assert monotonic() - began < 2
        # What the system's buffers take in besides is some megabytes.
        assert endless.sent < LARGEST_BYTES + 20_000_000


def test_a_known_key_is_not_waited_for(provider: KeyServer) -> None:
    async def scenario(keys: KeySet, seconds: Seconds) -> None:
        await keys.keys("first", "EdDSA")
        seconds.now += FRESH_SECONDS
        provider.holding.clear()
        assert len(await keys.keys("first", "EdDSA")) == 1
        await until(lambda: provider.requested == 2)
        assert len(await keys.keys("first", "EdDSA")) == 1, "while the provider says nothing"
        provider.holding.set()

    with_keys(provider, scenario)


def test_a_redirect_is_not_followed(provider: KeyServer) -> None:
    async def scenario(keys: KeySet, _seconds: Seconds) -> None:
        provider.status = 302
        with pytest.raises(KeySetUnavailable):
            await keys.keys("first", "EdDSA")
        assert provider.requested == 1

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


@pytest.mark.parametrize(
    ("url", "warnings"),
    [
        ("http://keycloak:8080/keys", 1),
        ("http://127.0.0.1.example/keys", 1),
        ("http://localhost:9/keys", 0),
        ("http://[::1]:9/keys", 0),
        ("https://identity.example/keys", 0),
    ],
)
async def test_a_key_set_over_plain_http_is_warned_of(url: str, warnings: int) -> None:
    with capture_logs() as logs:
        async with KeySet(url):
            pass
    assert [line["log_level"] for line in logs] == ["warning"] * warnings
