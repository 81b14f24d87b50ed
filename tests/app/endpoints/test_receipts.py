"""An erasure from beginning to end, as its person sees it: signed out, and with a receipt."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from gql.values.ids import global_id
from tests.fixtures.servers.server import Api, serving, settings_for
from tests.fixtures.stores.world import ADA, ALAN, EDITH
from tests.services.privacy.privacy_instances import enrich

PATIENCE_SECONDS = 60
ASK = """mutation { requestPrivacyDelete(input: {idempotencyKey: "k"}) {
  privacyRequest { id receiptUrl } userErrors { code }
} }"""
RECEIPT = """query ($id: ID!) { node(id: $id) { ... on PrivacyRequest {
  status receipt { tables { name rows } remainingReferences verifiedAt }
} } }"""


@pytest.fixture
def eager(own_world: str, tmp_path: Path) -> Iterator[Api]:
    """A server that erases without a grace period."""
    asyncio.run(enrich(own_world))
    settings = settings_for(own_world, tmp_path, erasure_grace_days=0, worker_every_seconds=0.1)
    with serving(settings) as api:
        yield api


def erased(api: Api, viewer: int = ADA) -> tuple[str, str]:
    """Let somebody be erased; gives the request's id and the receipt's address."""
    made = api.data(ASK, viewer=viewer)["requestPrivacyDelete"]["privacyRequest"]
    deadline = monotonic() + PATIENCE_SECONDS
    while api.http.get(made["receiptUrl"]).json()["status"] != "COMPLETED":
        assert monotonic() < deadline
        sleep(0.05)
    return made["id"], made["receiptUrl"]


def test_who_was_erased_is_signed_out_of_everything(
    eager: Api, capfd: pytest.CaptureFixture[str]
) -> None:
    assert eager.data("{ viewer { email } }", viewer=ADA) == {
        "viewer": {"email": "ada@example.com"}
    }
    erased(eager)
    known = ("UNAUTHENTICATED", "The person of this token is not known.")
    for document in ("{ viewer { id } }", "{ plans { code } }", ASK, "{ __typename }"):
        assert eager.error(document, viewer=ADA) == known
    assert eager.data("{ viewer { email } }", viewer=EDITH) == {
        "viewer": {"email": "edith@example.com"}
    }
    logged = "".join(capfd.readouterr())
    assert "path=/receipts" in logged
    for secret in ("example.com", "secret</b>", "Message 1"):
        assert secret not in logged


def test_a_receipt_shows_what_was_erased_and_not_of_whom(eager: Api) -> None:
    request, url = erased(eager)
    answer = eager.http.get(url)
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    tables = {one["name"]: one["rows"] for one in body["receipt"].pop("tables")}
    assert (tables["chat_messages"], tables["users"]) == (162, 1)
    assert body == {
        "status": "COMPLETED",
        "requestedAt": "2026-02-20T09:30:00Z",
        "scheduledFor": "2026-02-20T09:30:00Z",
        "completedAt": "2026-02-20T09:30:00Z",
        "errorReason": None,
        "receipt": {"remainingReferences": 0, "verifiedAt": "2026-02-20T09:30:00Z"},
    }
    # An operator finds it by its id; it belongs to nobody.
    found = eager.data(RECEIPT, {"id": request}, viewer=EDITH, roles=("ops",))["node"]
    assert {one["name"]: one["rows"] for one in found["receipt"].pop("tables")} == tables
    assert found == {"status": "COMPLETED", "receipt": body["receipt"]}
    assert eager.data(RECEIPT, {"id": request}, viewer=EDITH) == {"node": None}


def test_an_erasure_that_waits_says_so(own_world: str, tmp_path: Path) -> None:
    with serving(settings_for(own_world, tmp_path)) as api:
        made: Any = api.data(ASK, viewer=ALAN)["requestPrivacyDelete"]["privacyRequest"]
        body = api.http.get(made["receiptUrl"]).json()
        assert (body["status"], body["receipt"]) == ("REQUESTED", None)
        assert body["scheduledFor"] == "2026-02-27T09:30:00Z"
        other = made["receiptUrl"].replace(".", "0.", 1)
        for url in (other, "/receipts/1", "/receipts/1.x"):
            assert api.http.get(url).status_code == 404


def test_an_operator_reads_no_request_of_somebody(own_world: str, tmp_path: Path) -> None:
    with serving(settings_for(own_world, tmp_path, serve_runs_worker=False)) as api:
        variables = {"id": global_id("PrivacyRequest", 3)}
        assert api.data(RECEIPT, variables, viewer=EDITH, roles=("ops",)) == {"node": None}
