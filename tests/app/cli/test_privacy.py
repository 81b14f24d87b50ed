"""`guidance privacy`: what operators do about requests."""

import asyncio

from tests.app.cli.test_commands import guidance
from tests.fixtures.postgres import rows_of, run
from tests.fixtures.world import GRACES_REQUEST

GIVEN_UP = (
    "UPDATE user_privacy_requests SET status = 'failed', error_reason = 'still_identified', "
    "attempts = 8, started_at = now() WHERE id = 10"
)
ARCHIVE = (
    "INSERT INTO privacy_exports (request_id, file_name, token_hash, byte_size, sha256, expires_at)"
    " VALUES (4, '4-x.zip', sha256('x'), 1, sha256('y'), 'infinity')"
)


def row(url: str, query: str) -> tuple[object, ...]:
    (found,) = asyncio.run(rows_of(url, query))
    return tuple(found)


def test_an_erasure_that_was_given_up_is_tried_again_once(own_world: str) -> None:
    asyncio.run(run(own_world, GIVEN_UP))
    command = ("privacy", "retry", "--request-id", str(GRACES_REQUEST))
    ran = guidance(*command, DATABASE_URL=own_world)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "Erasure 10 will be carried out again.\n"
    state = "SELECT status, attempts, error_reason FROM user_privacy_requests WHERE id = 10"
    assert row(own_world, state) == ("processing", 0, None)
    again = guidance(*command, DATABASE_URL=own_world)
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == "guidance: there is no erasure 10 that was given up\n"
    trail = "SELECT actor_kind, action, subject FROM audit_events"
    assert row(own_world, trail) == ("operator", "privacy.tried_again", "privacy_request:10")


def test_the_link_to_an_export_is_revoked_once(own_world: str) -> None:
    asyncio.run(run(own_world, ARCHIVE))
    command = ("privacy", "revoke", "--request-id", "4")
    ran = guidance(*command, DATABASE_URL=own_world)
    assert (ran.stdout, ran.stderr) == ("The link to export 4 works no longer.\n", "")
    assert row(own_world, "SELECT revoked_at IS NOT NULL FROM privacy_exports") == (True,)
    again = guidance(*command, DATABASE_URL=own_world)
    assert again.returncode == 1
    assert again.stderr == "guidance: there is no export 4 whose link works\n"
