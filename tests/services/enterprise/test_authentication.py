"""API keys against the database: what is stored, and when a key is accepted."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from secrets import token_bytes

import pytest

from db.database import open_database
from db.request_scope import RequestScope
from services.callers.principal import ApiClient
from services.enterprise.authentication import AccountNotFound, ApiKeyService
from services.enterprise.keys import generate_key
from services.enterprise.last_uses import LastUseRecorder
from tests.fixtures.stores.postgres import rows_of, run
from tests.fixtures.stores.world import GRACES_COMPANY, NOW, populate

Scenario = Callable[[ApiKeyService], Awaitable[None]]


@pytest.fixture
def populated(database_url: str) -> str:
    asyncio.run(populate(database_url))
    return database_url


def with_service(url: str, scenario: Scenario) -> None:
    async def go() -> None:
        async with open_database(
            url, replica_url=None, pool_size=1, observe=lambda *_: None
        ) as database:
            await scenario(
                ApiKeyService(
                    database, LastUseRecorder(database), clock=lambda: NOW, random_bytes=token_bytes
                )
            )

    asyncio.run(go())


def test_a_key_opens_the_door_of_its_company_and_is_stored_as_a_hash(populated: str) -> None:
    async def scenario(service: ApiKeyService) -> None:
        text = await service.issue_key(GRACES_COMPANY)
        with RequestScope() as work:
            client = await service.authenticate(text)
        assert work.statements == ["credentials.by_key"]
        assert isinstance(client, ApiClient)
        assert client.account_id == GRACES_COMPANY
        rows = await rows_of(
            populated, "SELECT enterprise_credentials::text FROM enterprise_credentials"
        )
        assert not [row for row in rows if text[20:68] in row[0]]

    with_service(populated, scenario)


def test_a_typo_costs_no_statement(populated: str) -> None:
    async def scenario(service: ApiKeyService) -> None:
        text = await service.issue_key(GRACES_COMPANY)
        wrong = text[:-1] + ("0" if text[-1] != "0" else "1")
        with RequestScope() as work:
            assert await service.authenticate(wrong) is None
        assert work.statements == []

    with_service(populated, scenario)


def test_the_right_id_with_another_secret(populated: str) -> None:
    async def scenario(service: ApiKeyService) -> None:
        right = await service.issue_key(GRACES_COMPANY)
        entropy = iter([bytes.fromhex(right[3:19]), token_bytes(24)])
        forged = generate_key(lambda _size: next(entropy))
        assert forged.key_id == right[3:19]
        assert await service.authenticate(forged.text) is None

    with_service(populated, scenario)


@pytest.mark.parametrize(
    ("status", "expires_at", "is_accepted"),
    [
        ("active", "NULL", True),
        ("revoked", "NULL", False),
        ("retiring", f"'{NOW + timedelta(microseconds=1)}'", True),
        ("retiring", f"'{NOW}'", False),
        ("active", f"'{NOW}'", False),
    ],
)
def test_until_when_a_key_is_accepted(
    populated: str, status: str, expires_at: str, *, is_accepted: bool
) -> None:
    async def scenario(service: ApiKeyService) -> None:
        text = await service.issue_key(GRACES_COMPANY)
        await run(
            populated,
            f"UPDATE enterprise_credentials SET status = '{status}', expires_at = {expires_at} "
            f"WHERE key_id = '{text[3:19]}'",
        )
        assert (await service.authenticate(text) is not None) is is_accepted

    with_service(populated, scenario)


def test_a_company_that_does_not_exist(populated: str) -> None:
    async def scenario(service: ApiKeyService) -> None:
        with pytest.raises(AccountNotFound):
            await service.issue_key(999)

    with_service(populated, scenario)
