"""Whether the process lives, whether it can serve, and what it measured."""

import asyncio
import re
from pathlib import Path

import pytest

from db.schema.migration import migrate
from db.schema.revisions import revisions
from tests.fixtures.servers.documents import publish
from tests.fixtures.servers.server import Api, serving, settings_for
from tests.fixtures.stores.postgres import new_database, run
from tests.fixtures.stores.world import ADA
from tests.waiting import until

HEAD = revisions()[-1]
TABLES = "20260220_0018"


def test_it_lives_and_is_ready(api: Api) -> None:
    assert api.http.get("/healthz").json() == {"status": "ok"}
    ready = api.http.get("/readyz")
    assert (ready.status_code, ready.json()["database"]) == (200, "ok")


def test_a_database_at_an_earlier_revision_is_not_ready(database_url: str, tmp_path: Path) -> None:
    migrate(database_url, revision=TABLES)
    with serving(settings_for(database_url, tmp_path)) as api:
        ready = api.http.get("/readyz")
    assert ready.status_code == 503
    assert (
        ready.json()["database"] == f"at revision {TABLES}, not {HEAD}: run `guidance db migrate`"
    )


def test_a_database_that_a_later_version_has_migrated_is_ready(
    database_url: str, tmp_path: Path
) -> None:
    asyncio.run(run(database_url, "UPDATE alembic_version SET version_num = '21000101_0099'"))
    with serving(settings_for(database_url, tmp_path)) as api:
        ready = api.http.get("/readyz")
    assert (ready.status_code, ready.json()["database"]) == (200, "ok")


def test_a_database_without_tables_is_not_ready(empty_database_url: str, tmp_path: Path) -> None:
    with serving(settings_for(empty_database_url, tmp_path)) as api:
        ready = api.http.get("/readyz")
    assert ready.json()["database"] == "empty: run `guidance db migrate`"


def test_a_database_that_goes_away_is_not_ready_and_the_process_lives(
    postgres: str, template: str, tmp_path: Path
) -> None:
    with new_database(postgres, template) as url:
        running = serving(settings_for(url, tmp_path))
        api = running.__enter__()
        assert api.http.get("/readyz").status_code == 200
    try:
        until(lambda: api.http.get("/readyz").status_code == 503)
        assert api.http.get("/readyz").json()["database"] == "unreachable"
        assert api.http.get("/healthz").status_code == 200
    finally:
        running.__exit__(None, None, None)


def test_requests_are_measured_by_trusted_operation(own_world: str, tmp_path: Path) -> None:
    text = "query Measured($id: ID!) { viewer { email } node(id: $id) { id } }"
    publish(own_world, "web", text)
    with serving(settings_for(own_world, tmp_path)) as api:
        for _ in range(3):
            api.data(text, {"id": "VXNlcjox"}, viewer=ADA)
        api.ask(text, {"id": "nothing"}, viewer=ADA)
        exposed = api.http.get("/metrics")
    assert exposed.headers["content-type"].startswith("text/plain")
    text = exposed.text
    assert 'guidance_operation_seconds_count{kind="query",operation="Measured"} 3.0' in text
    assert 'guidance_operations_total{operation="Measured",outcome="ok"} 3.0' in text
    assert 'guidance_operations_total{operation="Measured",outcome="client_error"} 1.0' in text
    edges = re.findall(
        r'guidance_operation_seconds_bucket\{kind="query",le="([^"]+)",operation="Measured"', text
    )
    assert {"0.3", "0.7", "+Inf"} <= set(edges)
    assert re.search(r'guidance_statement_seconds_count\{method="users.by_id"\} \d', text)


def test_one_line_a_request_without_what_people_wrote(
    world: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with serving(settings_for(world, tmp_path)) as api:
        document = 'query Logged($id: ID = "MESSAGE") { viewer { email } node(id: $id) { id } }'
        api.ask(document, {"id": "PERSONAL"}, viewer=ADA)
        api.data("{ plans { code } }")
        api.http.get("/healthz")
    lines = [line for line in capfd.readouterr().out.splitlines() if " request " in line]
    assert len(lines) == 2
    assert "operation=untrusted" in lines[0]
    assert "outcome=client_error" in lines[0]
    assert "statements=1" in lines[0]
    assert "path=/graphql" in lines[0]
    assert not re.search(r"PERSONAL|MESSAGE|ada@|Bearer|eyJ", "".join(lines))
