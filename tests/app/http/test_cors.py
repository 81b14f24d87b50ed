"""Pages of other origins: those that are listed may ask and read, the others may not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.servers.production import PRODUCTION
from tests.fixtures.servers.server import Api, serving, settings_for
from tests.fixtures.stores.world import ADA

PAGE = "https://app.example"
ASK = {"query": "{ viewer { id } }"}


@pytest.fixture(scope="module")
def api(world: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server that knows one other origin."""
    folder = tmp_path_factory.mktemp("server")
    with serving(settings_for(world, folder, graphql_allowed_origins=[PAGE])) as api:
        yield api


def preflight(api: Api, origin: str) -> tuple[int, str | None]:
    answer = api.http.options(
        "/graphql",
        headers={
            "origin": origin,
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-type,x-request-id",
        },
    )
    return answer.status_code, answer.headers.get("access-control-allow-origin")


def test_a_listed_page_asks_first(api: Api) -> None:
    assert preflight(api, PAGE) == (200, PAGE)
    assert preflight(api, "https://elsewhere.example") == (400, None)


def test_a_refused_page_says_what_to_write_where_the_server_runs(api: Api) -> None:
    fields = {"origin": "https://Elsewhere.example", "access-control-request-method": "POST"}
    assert api.http.options("/graphql", headers=fields).text == (
        "Pages of https://elsewhere.example may not ask. To let them, list the origin where the "
        "server runs: GRAPHQL_ALLOWED_ORIGINS=https://elsewhere.example\n"
    )


def test_where_no_page_may_ask_it_says_so_too(world: str, tmp_path: Path) -> None:
    production = {name.lower(): value for name, value in PRODUCTION.items()}
    settings = settings_for(world, tmp_path, **production)
    with serving(settings) as closed:
        assert preflight(closed, "http://localhost:3000") == (400, None)


def test_a_listed_page_reads_the_answer(api: Api) -> None:
    headers = api.credentials(ADA) | {"origin": PAGE}
    answer = api.http.post("/graphql", json=ASK, headers=headers)
    assert answer.json() == {"data": {"viewer": {"id": "VXNlcjox"}}}
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "Retry-After" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    ("body", "fields", "status"),
    [
        (ASK, {}, 200),
        ({}, {}, 400),
        (ASK, {"authorization": "Bearer nonsense"}, 401),
        (ASK, {"accept": "image/png"}, 406),
        ({"documentId": "x-nobodys"}, {}, 404),
    ],
)
def test_a_listed_page_reads_whatever_comes_of_it_and_its_id(
    api: Api, body: dict[str, str], fields: dict[str, str], status: int
) -> None:
    headers = {"origin": PAGE, "x-request-id": "of-the-page"} | fields
    answer = api.http.post("/graphql", json=body, headers=headers)
    header_values = [
        answer.headers[name] for name in ("access-control-allow-origin", "x-request-id")
    ]
    assert (answer.status_code, header_values) == (status, [PAGE, "of-the-page"])


def test_another_page_does_not(api: Api) -> None:
    headers = api.credentials(ADA) | {"origin": "https://elsewhere.example"}
    answer = api.http.post("/graphql", json=ASK, headers=headers)
    assert "access-control-allow-origin" not in answer.headers
