"""DATABASE_URL over TLS, for commands and migrations alike."""

from pathlib import Path

import pytest

from db.schema.revisions import revisions
from tests.app.cli.ended_command import ended
from tests.fixtures.outside.tls import certificate
from tests.fixtures.stores.pgbouncer import pgbouncer


@pytest.mark.heavy
def test_the_database_is_reached_over_tls_alone_and_its_certificate_is_checked(
    empty_database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    authority, key = certificate(tmp_path)
    others = tmp_path / "others"
    others.mkdir()
    stranger, _ = certificate(others)
    with pgbouncer(
        empty_database_url, tmp_path, connections=4, tls=(authority, key), mode="session"
    ) as url:

        def ran(options: str, *command: str) -> tuple[object, str]:
            address = f"{url}?{options}"
            status, said, reported = ended(monkeypatch, capsys, *command, DATABASE_URL=address)
            return status, said + reported

        verified = f"sslmode=verify-full&sslrootcert={authority}"
        assert ran(verified, "db", "migrate") == (0, f"The database is at {revisions()[-1]}.\n")
        assert ran(verified, "accounts") == (0, "There are none.\n")
        for refused in ("sslmode=disable", f"sslmode=verify-full&sslrootcert={stranger}"):
            for command in (("db", "migrate"), ("accounts",)):
                status, said = ran(refused, *command)
                assert (status, len(said.splitlines())) == (1, 1), said
