"""`guidance privacy`: what operators do about requests."""

import asyncio

import pytest

from tests.app.cli.ended_command import ended
from tests.fixtures.stores.postgres import rows_of, run
from tests.fixtures.stores.world import GRACES_REQUEST

GIVEN_UP = (
    "UPDATE user_privacy_requests SET status = 'failed', error_reason = 'still_identified', "
    "attempts = 8, started_at = now() WHERE id = 10"
)
ARCHIVE = (
    "INSERT INTO privacy_exports "
    "(user_id, request_id, file_name, token_hash, byte_size, sha256, expires_at) "
    "VALUES (1, 4, '4-x.zip', sha256('x'), 1, sha256('y'), 'infinity')"
)


def row(url: str, query: str) -> tuple[object, ...]:
    (found,) = asyncio.run(rows_of(url, query))
    return tuple(found)


def test_an_erasure_that_was_given_up_is_tried_again_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], own_world: str
) -> None:
    def retry() -> tuple[object, str, str]:
        command = ("privacy", "retry", "--request-id", str(GRACES_REQUEST))
        return ended(monkeypatch, capsys, *command, DATABASE_URL=own_world)

    asyncio.run(run(own_world, GIVEN_UP))
    assert retry() == (0, "Erasure 10 will be carried out again.\n", "")
    state = "SELECT status, attempts, error_reason FROM user_privacy_requests WHERE id = 10"
    assert row(own_world, state) == ("processing", 0, None)
    assert retry() == (1, "", "guidance: there is no erasure 10 that was given up\n")
    trail = "SELECT actor_kind, action, subject FROM general_audit_events"
    assert row(own_world, trail) == ("operator", "privacy.tried_again", "privacy_request:10")


def test_the_link_to_an_export_is_revoked_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], own_world: str
) -> None:
    def revoke() -> tuple[object, str, str]:
        command = ("privacy", "revoke", "--request-id", "4")
        return ended(monkeypatch, capsys, *command, DATABASE_URL=own_world)

    asyncio.run(run(own_world, ARCHIVE))
    assert revoke() == (0, "The link to export 4 works no longer.\n", "")
    assert row(own_world, "SELECT revoked_at IS NOT NULL FROM privacy_exports") == (True,)
    assert revoke() == (1, "", "guidance: there is no export 4 whose link works\n")
