"""Asking for exports and erasures, and taking it back."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gql.values.ids import global_id
from tests.fixtures.servers.server import Api, serving, settings_for
from tests.fixtures.stores.postgres import rows_of, run
from tests.fixtures.stores.world import ADA, ALAN, GRACE, GRACES_REQUEST
from tests.gql.resolvers.privacy_documents import CANCEL, ERASURE, EXPORT

COMPLETED = """
WITH made AS (UPDATE user_privacy_requests SET status = 'completed', completed_at = requested_at
  WHERE user_id = {user} AND status = 'requested' RETURNING user_id, id)
INSERT INTO privacy_exports
  (user_id, request_id, file_name, token_hash, byte_size, sha256, expires_at)
  SELECT user_id, id, 'archive', sha256('x'), {byte_size}, sha256('y'), 'infinity' FROM made"""


@pytest.fixture
def own_api(own_world: str, tmp_path: Path) -> Iterator[Api]:
    """A server of one test's own, whose worker does not work."""
    with serving(settings_for(own_world, tmp_path, serve_runs_worker=False)) as api:
        yield api


# Any: JSON.
def ask(api: Api, document: str, viewer: int = ALAN, key: str = "key") -> Any:
    return api.data(document, {"key": key}, viewer=viewer)["made"]


def cancel(api: Api, request_id: str, viewer: int = ALAN) -> Any:
    return api.data(CANCEL, {"id": request_id}, viewer=viewer)["made"]


def count(url: str, viewer: int = ALAN) -> int:
    query = "SELECT count(*) FROM user_privacy_requests WHERE user_id = $1"
    ((found,),) = asyncio.run(rows_of(url, query, viewer))
    return int(found)


def test_an_export_is_requested(own_api: Api) -> None:
    made = ask(own_api, EXPORT)
    assert made["userErrors"] == []
    id_ = made["privacyRequest"].pop("id")
    assert made["privacyRequest"] == {
        "kind": "EXPORT",
        "status": "REQUESTED",
        "requestedAt": "2026-02-20T09:30:00Z",
        "completedAt": None,
        "scheduledFor": None,
        "errorReason": None,
        "receiptUrl": None,
    }
    latest = "{ viewer { latestPrivacyRequest(kind: EXPORT) { id export { downloadUrl } } } }"
    assert own_api.data(latest, viewer=ALAN) == {
        "viewer": {"latestPrivacyRequest": {"id": id_, "export": None}}
    }


@pytest.mark.parametrize(
    ("byte_size", "reported_size"), [(2**31 - 1, 2_147_483_647), (2**31, 2_147_483_647)]
)
async def test_an_archive_that_is_larger_than_an_int_can_still_be_fetched(
    own_api: Api, own_world: str, byte_size: int, reported_size: int
) -> None:
    ask(own_api, EXPORT)
    await run(own_world, COMPLETED.format(user=ALAN, byte_size=byte_size))
    latest = "{ viewer { latestPrivacyRequest(kind: EXPORT) { export { downloadUrl byteSize } } } }"
    export = own_api.data(latest, viewer=ALAN)["viewer"]["latestPrivacyRequest"]["export"]
    assert export["byteSize"] == reported_size
    assert export["downloadUrl"].startswith("/exports/")


def test_an_erasure_waits_for_a_week_and_has_a_link_to_its_receipt(own_api: Api) -> None:
    request = ask(own_api, ERASURE)["privacyRequest"]
    assert (request["kind"], request["status"]) == ("DELETE", "REQUESTED")
    assert request["scheduledFor"] == "2026-02-27T09:30:00Z"
    assert request["receiptUrl"].startswith("/receipts/")


@pytest.mark.parametrize("document", [EXPORT, ERASURE])
def test_a_second_request_while_one_is_under_way_gives_the_first(
    own_api: Api, own_world: str, document: str
) -> None:
    answers = [ask(own_api, document, key=key) for key in ("one", "one", "two")]
    assert answers[0]["privacyRequest"] is not None
    assert answers == [answers[0]] * 3
    assert count(own_world) == 1


def test_both_kinds_can_be_under_way_at_once(own_api: Api, own_world: str) -> None:
    ask(own_api, ERASURE, key="erasure")
    assert ask(own_api, EXPORT, key="export")["userErrors"] == []
    assert count(own_world) == 2


def test_ten_who_ask_at_once_get_the_same(own_api: Api, own_world: str) -> None:
    with ThreadPoolExecutor(10) as threads:
        made = threads.map(lambda key: ask(own_api, EXPORT, key=f"key {key}"), range(10))
    assert len({one["privacyRequest"]["id"] for one in made}) == 1
    assert count(own_world) == 1


def test_a_key_is_for_one_thing(own_api: Api, own_world: str) -> None:
    ask(own_api, EXPORT)
    again = ask(own_api, ERASURE)
    assert again["privacyRequest"] is None
    assert again["userErrors"][0]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert count(own_world) == 1


def test_a_completed_export_can_be_requested_again_after_a_day(
    own_api: Api, own_world: str
) -> None:
    first = ask(own_api, EXPORT, key="first")["privacyRequest"]["id"]
    complete = "UPDATE user_privacy_requests SET status = 'completed', completed_at = '{}'"
    asyncio.run(run(own_world, complete.format("2026-02-19T09:30:01Z") + " WHERE user_id = 3"))
    refused = ask(own_api, EXPORT, key="second")
    assert refused == {
        "privacyRequest": None,
        "userErrors": [
            {
                "code": "CONFLICT",
                "message": "An export was completed less than a day ago.",
                "field": None,
                "retryAfterSeconds": 1,
            }
        ],
    }
    assert ask(own_api, EXPORT, key="first")["privacyRequest"]["id"] == first
    asyncio.run(run(own_world, complete.format("2026-02-19T09:30:00Z") + " WHERE user_id = 3"))
    assert ask(own_api, EXPORT, key="second")["privacyRequest"]["id"] != first
    assert count(own_world) == 2


def test_a_request_that_has_not_begun_is_taken_back_once(own_api: Api, own_world: str) -> None:
    request = ask(own_api, ERASURE)["privacyRequest"]["id"]
    taken_back = {"privacyRequest": {"id": request, "status": "CANCELLED"}, "userErrors": []}
    assert cancel(own_api, request) == taken_back
    assert cancel(own_api, request) == taken_back
    assert ask(own_api, ERASURE, key="again")["privacyRequest"]["id"] != request
    assert count(own_world) == 2


@pytest.mark.parametrize("status", ["processing", "failed"])
async def test_a_request_that_has_begun_is_not_taken_back(
    own_api: Api, own_world: str, status: str
) -> None:
    request = ask(own_api, ERASURE)["privacyRequest"]["id"]
    begin = f"UPDATE user_privacy_requests SET status = '{status}' WHERE user_id = {ALAN}"
    await run(own_world, begin)
    assert cancel(own_api, request) == {
        "privacyRequest": None,
        "userErrors": [{"code": "CONFLICT", "field": ["input", "privacyRequestId"]}],
    }


@pytest.mark.parametrize(
    "request_id",
    [global_id("PrivacyRequest", GRACES_REQUEST), global_id("User", ALAN), "nothing"],
)
def test_nobody_takes_back_what_is_not_theirs(own_api: Api, request_id: str) -> None:
    assert cancel(own_api, request_id) == {
        "privacyRequest": None,
        "userErrors": [{"code": "NOT_FOUND", "field": ["input", "privacyRequestId"]}],
    }


def test_who_is_not_signed_in_asks_for_nothing(own_api: Api) -> None:
    assert own_api.error(EXPORT, {"key": "key"})[0] == "UNAUTHENTICATED"


async def test_every_change_is_in_the_audit_trail(own_api: Api, own_world: str) -> None:
    request = ask(own_api, ERASURE, viewer=GRACE, key="again")["privacyRequest"]["id"]
    cancel(own_api, request, viewer=GRACE)
    ask(own_api, EXPORT, viewer=GRACE, key="export")
    query = "SELECT action, subject FROM audit_events WHERE user_id = $1 ORDER BY id"
    events = await rows_of(own_world, query, GRACE)
    assert [tuple(event) for event in events] == [
        ("privacy.cancelled", f"privacy_request:{GRACES_REQUEST}"),
        ("privacy.export_requested", f"privacy_request:{GRACES_REQUEST + 1}"),
    ]


def test_why_a_request_failed_is_said_in_words(api: Api) -> None:
    document = "query ($id: ID!) { node(id: $id) { ... on PrivacyRequest { errorReason } } }"
    assert api.data(document, {"id": global_id("PrivacyRequest", 2)}, viewer=ADA) == {
        "node": {"errorReason": "There was no room for the archive; ask again later."}
    }
