"""Keys made, replaced and revoked by the administrator, whoever uses them meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from services.callers.principal import ApiClient
from services.enterprise.rules import MOST_KEYS
from services.mutations.idempotency import IdempotencyKeyReused
from services.mutations.refusals import Conflict, InvalidInput, NotFound, Refusal
from tests.fixtures.stores.world import ADA, ADAS_COMPANY, ALAN, GRACE, GRACES_COMPANY, NOW
from tests.services.enterprise.enterprise_instances import Instance, instance

EVERYTHING = """
SELECT (SELECT array_agg(c ORDER BY id) FROM enterprise_credentials c)::text,
  (SELECT count(*) FROM enterprise_audit_events),
  (SELECT count(*) FROM enterprise_idempotency_keys)
"""
AUDIT = """
SELECT action, subject, actor_kind, actor_id, enterprise_account_id, request_id, occurred_at
FROM enterprise_audit_events ORDER BY id
"""


async def audit(parts: Instance) -> list[tuple[str, str]]:
    """What was done to what, all of it by Grace, for her company, in the one request."""
    rows = await parts.rows(AUDIT)
    assert {tuple(row)[2:] for row in rows} <= {("user", GRACE, GRACES_COMPANY, "request", NOW)}
    return [(row["action"], row["subject"].partition(":")[2]) for row in rows]


async def test_a_made_key_opens_the_door_and_its_text_is_given_once(own_world: str) -> None:
    async with instance(own_world) as parts, instance(own_world) as others:
        made = await parts.credentials.create(GRACE, idempotency_key="a", request_id="request")
        assert made.text is not None
        client = ApiClient(GRACES_COMPANY, made.credential["id"])
        assert await others.enterprise.authenticate(made.text) == client
        again = await others.credentials.create(GRACE, idempotency_key="a", request_id="later")
        assert (again.credential["id"], again.text) == (made.credential["id"], None)
        other = await parts.credentials.create(GRACE, idempotency_key="b", request_id="request")
        assert other.credential["id"] != made.credential["id"]
        assert await audit(parts) == [
            ("credential.created", str(made.credential["id"])),
            ("credential.created", str(other.credential["id"])),
        ]


async def test_one_key_of_many_concurrent_wishes_for_it(own_world: str) -> None:
    async with instance(own_world) as one, instance(own_world) as other:
        made = await asyncio.gather(
            *(
                parts.credentials.create(GRACE, idempotency_key="a", request_id="request")
                for parts in (one, other) * 10
            )
        )
        assert len({key.credential["id"] for key in made}) == 1
        assert len([key for key in made if key.text]) == 1
        assert len(await audit(one)) == 1


async def test_a_replaced_key_is_accepted_until_its_overlap_ends(own_world: str) -> None:
    later = NOW + timedelta(seconds=60)
    async with (
        instance(own_world) as parts,
        instance(own_world, clock=lambda: later - timedelta(microseconds=1)) as before,
        instance(own_world, clock=lambda: later) as then,
    ):
        old = await parts.credentials.create(GRACE, idempotency_key="a", request_id="request")
        new = await parts.credentials.rotate(
            GRACE, old.credential["id"], overlap_seconds=60, request_id="request"
        )
        assert old.text is not None
        assert new.text is not None
        for at in (parts, before):
            assert await at.enterprise.authenticate(old.text) is not None
        assert await then.enterprise.authenticate(old.text) is None
        assert await then.enterprise.authenticate(new.text) is not None
        assert (await audit(parts))[1:] == [
            ("credential.created", str(new.credential["id"])),
            ("credential.retired", str(old.credential["id"])),
        ]
        with pytest.raises(Conflict):
            await parts.credentials.rotate(
                GRACE, old.credential["id"], overlap_seconds=60, request_id="request"
            )


async def test_without_an_overlap_the_old_key_is_refused_at_once(own_world: str) -> None:
    async with instance(own_world) as parts:
        old = await parts.credentials.create(GRACE, idempotency_key="a", request_id="request")
        await parts.credentials.rotate(
            GRACE, old.credential["id"], overlap_seconds=0, request_id="request"
        )
        assert old.text is not None
        assert await parts.enterprise.authenticate(old.text) is None


async def test_of_concurrent_rotations_one_makes_a_key(own_world: str) -> None:
    async with instance(own_world) as one, instance(own_world) as other:
        old = await one.credentials.create(GRACE, idempotency_key="a", request_id="request")
        rotated = await asyncio.gather(
            *(
                parts.credentials.rotate(
                    GRACE, old.credential["id"], overlap_seconds=60, request_id="request"
                )
                for parts in (one, other) * 5
            ),
            return_exceptions=True,
        )
        assert len([made for made in rotated if not isinstance(made, Conflict)]) == 1
        assert len(await audit(one)) == 3


async def test_a_key_revoked_while_it_is_verified_elsewhere(own_world: str) -> None:
    async with instance(own_world) as parts, instance(own_world, pool_size=1) as others:
        made = await parts.credentials.create(GRACE, idempotency_key="a", request_id="request")
        assert made.text is not None
        assert await others.enterprise.authenticate(made.text) is not None
        async with others.database.read():
            verification = asyncio.create_task(others.enterprise.authenticate(made.text))
            await asyncio.sleep(0)
            await parts.credentials.revoke(GRACE, made.credential["id"], request_id="request")
        assert await verification is None
        for at in (parts, others):
            assert await at.enterprise.authenticate(made.text) is None
        await others.credentials.revoke(GRACE, made.credential["id"], request_id="request")
        assert (await audit(parts))[1:] == [("credential.revoked", str(made.credential["id"]))]


REFUSED: list[tuple[str, type[Refusal], Callable[[Instance], Awaitable[object]]]] = [
    (
        "create without a company",
        NotFound,
        lambda parts: parts.credentials.create(ALAN, idempotency_key="k", request_id="request"),
    ),
    (
        "rotate a stranger's",
        NotFound,
        lambda parts: parts.credentials.rotate(GRACE, 3, overlap_seconds=1, request_id="request"),
    ),
    (
        "revoke a stranger's",
        NotFound,
        lambda parts: parts.credentials.revoke(GRACE, 3, request_id="request"),
    ),
    (
        "revoke without a company",
        NotFound,
        lambda parts: parts.credentials.revoke(ALAN, 3, request_id="request"),
    ),
    (
        "rotate a revoked one",
        Conflict,
        lambda parts: parts.credentials.rotate(ADA, 1, overlap_seconds=1, request_id="request"),
    ),
    (
        "overlap backwards",
        InvalidInput,
        lambda parts: parts.credentials.rotate(ADA, 3, overlap_seconds=-1, request_id="request"),
    ),
    (
        "overlap for ever",
        InvalidInput,
        lambda parts: parts.credentials.rotate(
            ADA, 3, overlap_seconds=2_592_001, request_id="request"
        ),
    ),
]


@pytest.mark.parametrize(
    ("refusal", "act"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED]
)
async def test_what_is_refused_changes_nothing(
    own_world: str, refusal: type[Refusal], act: Callable[[Instance], Awaitable[object]]
) -> None:
    async with instance(own_world) as parts:
        before = await parts.rows(EVERYTHING)
        with pytest.raises(refusal):
            await act(parts)
        assert await parts.rows(EVERYTHING) == before


async def test_only_so_many_keys_are_accepted_at_a_time(own_world: str) -> None:
    async with instance(own_world) as parts:
        made = [
            await parts.credentials.create(GRACE, idempotency_key=f"{n}", request_id="request")
            for n in range(MOST_KEYS - 1)
        ]
        with pytest.raises(Conflict):
            await parts.credentials.create(GRACE, idempotency_key="x", request_id="request")
        with pytest.raises(Conflict):
            await parts.credentials.rotate(
                GRACE, made[0].credential["id"], overlap_seconds=60, request_id="request"
            )
        await parts.credentials.rotate(
            GRACE, made[0].credential["id"], overlap_seconds=0, request_id="request"
        )
        await parts.credentials.revoke(GRACE, made[1].credential["id"], request_id="request")
        await parts.credentials.create(GRACE, idempotency_key="x", request_id="request")


async def test_an_idempotency_key_that_was_used_for_something_else(own_world: str) -> None:
    async with instance(own_world) as parts:
        await parts.rows(
            "INSERT INTO enterprise_idempotency_keys (enterprise_account_id, key, fingerprint) "
            "VALUES ($1, 'k', $2)",
            GRACES_COMPANY,
            bytes(32),
        )
        with pytest.raises(IdempotencyKeyReused):
            await parts.credentials.create(GRACE, idempotency_key="k", request_id="request")


async def test_who_issues_a_key_by_command_is_recorded_as_an_operator(own_world: str) -> None:
    async with instance(own_world) as parts:
        await parts.enterprise.issue_key(ADAS_COMPANY)
        (row,) = await parts.rows(AUDIT)
        assert tuple(row)[2:6] == ("operator", None, ADAS_COMPANY, None)
