"""The way to the database breaks while a change is committed: whoever asks again finds out.

What is one statement is committed with it, and lost with what its values hold.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path as Folder
from typing import Any

import pytest

from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.chat import QUICK_RETRIES, REGENERATE, SEND
from tests.fixtures.servers.server import Api, issue_key, serving, settings_for
from tests.fixtures.stores.broken_path import Remote, remote_proxy
from tests.fixtures.stores.world import ADA, GRACE, GRACES_COMPANY
from tests.gql.resolvers.chat.conversation_documents import ARCHIVE, DELETE, RENAME, START
from tests.gql.resolvers.credential_documents import CREATE, KEYS, REVOKE, ROTATE
from tests.gql.resolvers.guidance_documents import GENERATE, INPUT
from tests.gql.resolvers.privacy_documents import CANCEL, ERASURE, EXPORT
from tests.waiting import until

LEASE_SECONDS = 600
"""Nobody waits for a lease here."""
COMMIT = b"COMMIT\0"
TITLES = "{ viewer { conversations(first: 100) { edges { node { id title } } } } }"
happened = pytest.mark.parametrize("has_happened", [True, False])


class Broken:
    """A server whose way to the database can be broken at a commit."""

    def __init__(self, api: Api, remote: Remote, key: str) -> None:
        self.api = api
        self.key = key
        self._proxy = remote.proxy

    # Any: JSON.
    def twice(
        self,
        document: str,
        variables: dict[str, Any],
        *,
        has_happened: bool,
        lost_at: bytes = COMMIT,
        **caller: Any,
    ) -> Any:
        """Ask while the commit has no answer, and then again, until that is answered."""
        self._proxy.delivers_marker, self._proxy.silence_marker = has_happened, lost_at
        code, message = self.api.error(document, variables, **caller)
        self._proxy.silence_marker = None
        assert (code, "same idempotencyKey" in message) == ("OUTCOME_UNKNOWN", True)
        (payload,) = self.api.data(document, variables, **caller).values()
        return payload


@pytest.fixture
def broken(own_world: str, tmp_path: Folder, stand_in: StandInControl) -> Iterator[Broken]:
    with _broken(own_world, tmp_path, stand_in) as made:
        yield made


@contextmanager
def _broken(url: str, folder: Folder, stand_in: StandInControl) -> Iterator[Broken]:
    with remote_proxy(url) as remote:
        settings = settings_for(
            remote.url,
            folder,
            database_timeout_seconds=0.5,
            chat_llm_base_url=stand_in.url,
            chat_reply_lease_seconds=LEASE_SECONDS,
            serve_runs_worker=False,
            **QUICK_RETRIES,
        )
        key = issue_key(url, GRACES_COMPANY)
        with serving(settings) as api:
            yield Broken(api, remote, key)


@happened
def test_a_message_is_answered_at_once(
    broken: Broken, stand_in: StandInControl, *, has_happened: bool
) -> None:
    message = {"content": "Hello?", "idempotencyKey": "one"}
    sent = broken.twice(SEND, {"input": message}, has_happened=has_happened, viewer=ADA)
    again = {"messageId": sent["message"]["id"], "idempotencyKey": "two"}
    other = broken.twice(REGENERATE, {"input": again}, has_happened=has_happened, viewer=ADA)
    for payload in (sent, other):
        assert (payload["reply"]["status"], payload["userErrors"]) == ("COMPLETE", [])
    assert other["quota"]["used"] == sent["quota"]["used"] + 1 == 5
    assert stand_in.counts()["received"] == 2


def test_a_message_is_answered_whether_anybody_asks_again_or_not(
    broken: Broken, stand_in: StandInControl
) -> None:
    broken._proxy.delivers_marker, broken._proxy.silence_marker = True, COMMIT
    variables = {"input": {"content": "Hello?", "idempotencyKey": "one"}}
    assert broken.api.error(SEND, variables, viewer=ADA)[0] == "OUTCOME_UNKNOWN"
    broken._proxy.silence_marker = None
    stand_in.wait_for(finished=1)
    quota = "{ viewer { quota { used } } }"
    until(lambda: broken.api.data(quota, viewer=ADA)["viewer"]["quota"]["used"] == 4)


@happened
def test_a_company_gets_its_reply_and_pays_once(
    broken: Broken, stand_in: StandInControl, *, has_happened: bool
) -> None:
    reply = broken.twice(GENERATE, {"input": INPUT}, has_happened=has_happened, api_key=broken.key)
    assert reply["userErrors"] == []
    assert reply["generation"]["attempts"] == 1
    assert reply["usage"]["dailyUsed"] == 8
    assert stand_in.counts()["received"] == 1


@happened
def test_conversations(broken: Broken, *, has_happened: bool) -> None:
    variables: dict[str, Any] = {"input": {"title": "Once", "idempotencyKey": "one of a kind"}}
    started = broken.twice(
        START, variables, has_happened=has_happened, lost_at=b"one of a kind", viewer=ADA
    )["conversation"]
    everything = broken.api.data(TITLES, viewer=ADA)["viewer"]["conversations"]["edges"]
    assert [one["node"]["id"] for one in everything if one["node"]["title"] == "Once"] == [
        started["id"]
    ]
    conversation = {"conversationId": started["id"]}
    variables = {"input": conversation | {"title": "Another"}}
    renamed = broken.twice(
        RENAME, variables, has_happened=has_happened, lost_at=b"Another", viewer=ADA
    )
    assert renamed == {"conversation": started | {"title": "Another"}, "userErrors": []}
    variables = {"input": conversation}
    archived = broken.twice(
        ARCHIVE, variables, has_happened=has_happened, lost_at=b"archived", viewer=ADA
    )
    assert archived["conversation"]["status"] == "ARCHIVED"
    deleted = broken.twice(DELETE, variables, has_happened=has_happened, viewer=ADA)
    codes = [error["code"] for error in deleted["userErrors"]]
    assert codes == (["NOT_FOUND"] if has_happened else [])


@happened
def test_keys_of_companies(broken: Broken, *, has_happened: bool) -> None:
    def statuses() -> dict[str, str]:
        found = broken.api.data(KEYS, viewer=ADA)["enterpriseAccount"]["credentials"]
        return {one["id"]: one["status"] for one in found}

    before = statuses()
    made = broken.twice(CREATE, {"key": "new"}, has_happened=has_happened, viewer=ADA)
    assert (made["apiKey"] is None) == has_happened
    made_id = made["credential"]["id"]
    assert statuses() == {made_id: "ACTIVE"} | before

    variables = {"id": made_id, "overlap": 60}
    rotated = broken.twice(ROTATE, variables, has_happened=has_happened, viewer=ADA)
    if has_happened:
        # Its text is lost with the answer; the list shows which it is.
        assert [one["code"] for one in rotated["userErrors"]] == ["CONFLICT"]
        (new_id,) = (one for one in statuses() if one not in {made_id, *before})
    else:
        new_id = rotated["credential"]["id"]
    assert statuses() == {new_id: "ACTIVE", made_id: "RETIRING"} | before

    revoked = broken.twice(
        REVOKE,
        {"id": new_id},
        has_happened=has_happened,
        lost_at=b"credential.revoked",
        viewer=ADA,
    )
    assert revoked == {"credential": {"id": new_id, "status": "REVOKED"}, "userErrors": []}


@happened
def test_privacy_requests(broken: Broken, *, has_happened: bool) -> None:
    for number, document in enumerate((EXPORT, ERASURE)):
        made = broken.twice(document, {"key": f"{number}"}, has_happened=has_happened, viewer=GRACE)
        assert (made["privacyRequest"]["status"], made["userErrors"]) == ("REQUESTED", [])
    variables = {"id": made["privacyRequest"]["id"]}
    cancelled = broken.twice(
        CANCEL, variables, has_happened=has_happened, lost_at=b"privacy.cancelled", viewer=GRACE
    )
    assert cancelled["userErrors"] == []
    again = broken.api.data(ERASURE, {"key": "1"}, viewer=GRACE)["made"]
    assert again["privacyRequest"]["status"] == "CANCELLED"
