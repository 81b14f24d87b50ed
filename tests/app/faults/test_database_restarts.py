"""The database goes away and comes back: requests get an error, and recover by themselves."""

from pathlib import Path

import pytest

from db.embedded import embedded_postgres
from db.schema.migration import migrate
from services.enterprise.keys import generate_key
from tests.fixtures.servers.server import Api, metrics_of, serving, settings_for
from tests.fixtures.stores.world import ADA

pytestmark = pytest.mark.heavy

NOWHERE = "postgresql://127.0.0.1:1/nothing"
TRY_AGAIN = "This cannot be answered at the moment; try again."


def failures(api: Api) -> float:
    """How many operations have failed through us."""
    name = 'guidance_operations_total{operation="untrusted",outcome="server_error"} '
    lines = metrics_of(api.http).splitlines()
    return sum(float(line.removeprefix(name)) for line in lines if line.startswith(name))


def test_a_field_that_needs_the_database_says_try_again_and_the_rest_is_answered(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    document = """query Away { viewer { id
      first: latestPrivacyRequest(kind: EXPORT) { id }
      second: latestPrivacyRequest(kind: DELETE) { id }
    } }"""
    with serving(settings_for(NOWHERE, tmp_path)) as api:
        before = failures(api)
        body = api.ask(document, viewer=ADA)
        assert failures(api) == before + 1
    assert body["data"] == {"viewer": {"id": "VXNlcjox", "first": None, "second": None}}
    reported = {
        error["path"][1]: (error["message"], error["extensions"]) for error in body["errors"]
    }
    (request_id,) = {extensions.pop("requestId") for _, extensions in reported.values()}
    assert reported == dict.fromkeys(
        ("first", "second"), (TRY_AGAIN, {"code": "SERVICE_UNAVAILABLE"})
    )
    logged = [line for line in capfd.readouterr().out.splitlines() if request_id in line]
    assert [("database unavailable" in line, "Traceback" in line) for line in logged] == [
        (True, False),
        (False, False),
    ]


def test_an_api_key_cannot_be_checked(tmp_path: Path) -> None:
    key = generate_key(lambda count: b"k" * count).text
    with serving(settings_for(NOWHERE, tmp_path)) as api:
        answer = api.http.post(
            "/graphql", json={"query": "{ __typename }"}, headers={"x-api-key": key}
        )
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    (error,) = answer.json()["errors"]
    assert (error["message"], error["extensions"]["code"]) == (
        "API keys cannot be checked at the moment.",
        "SERVICE_UNAVAILABLE",
    )


def test_reads_recover_when_the_database_is_started_again(
    database_folder: Path, tmp_path: Path
) -> None:
    document = "{ plans { code } }"
    with embedded_postgres(database_folder, is_durable=False) as url:
        migrate(url)
    with serving(settings_for(url, tmp_path)) as api:
        assert api.error(document) == ("SERVICE_UNAVAILABLE", TRY_AGAIN)
        for _ in range(2):
            with embedded_postgres(database_folder, is_durable=False) as again:
                assert again == url
                assert len(api.data(document)["plans"]) == 2
            assert api.error(document) == ("SERVICE_UNAVAILABLE", TRY_AGAIN)
