"""Trusted documents: by which ids they run, in which mode what else does, and who used them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from gql.documents.trusted_documents import trusted_documents
from services.documents.identifiers import hash_of
from services.documents.records import OperationsMode
from tests.app.graphql.documents.persisted_requests import PLANS_DATA, UNKNOWN, persisted
from tests.app.graphql.raw_bodies import refusal
from tests.fixtures.clients.peer import peer
from tests.fixtures.servers.documents import publish
from tests.fixtures.servers.processes import until
from tests.fixtures.servers.server import Api, issue_key, serving, settings_for
from tests.fixtures.stores.postgres import rows_of, run
from tests.fixtures.stores.world import ADA, ADAS_COMPANY

HOME = "query Home { plans { code } }"
PAGE = "query Page($id: ID!) { viewer { email } node(id: $id) { id } }"
UNTRUSTED = "query Home { plans { code displayName } }"

RETIRED = "UPDATE trusted_document_publications SET state = 'retired'"
NEXT_VERSION = "UPDATE trusted_document_version SET version = version + 1"


@contextmanager
def server(url: str, folder: Path, mode: OperationsMode, **settings: Any) -> Iterator[Api]:
    """A server in a mode."""
    chosen = settings_for(
        url, folder, graphql_operations_mode=mode, serve_runs_worker=False, **settings
    )
    with serving(chosen) as running:
        yield running


def post(api: Api, **members: Any) -> httpx2.Response:
    return api.http.post("/graphql", json=members)


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in asyncio.run(rows_of(url, query))]


def test_by_each_form_of_id_over_each_transport(own_world: str, tmp_path: Path) -> None:
    publish(own_world, "web", x_home=HOME)
    ids = ("x-home", hash_of(HOME))
    forms: list[dict[str, Any]] = [
        *({member: id_} for id_ in ids for member in ("documentId", "id", "doc_id")),
        {"extensions": persisted(HOME)},
        {"id": hash_of(HOME).removeprefix("sha256:"), "operationName": "Home"},
    ]
    with server(own_world, tmp_path, OperationsMode.TRUSTED) as api:
        for form in forms:
            assert post(api, **form).json() == PLANS_DATA
            parameters = {
                name: value if isinstance(value, str) else orjson.dumps(value).decode()
                for name, value in form.items()
            }
            assert api.http.get("/graphql", params=parameters).json() == PLANS_DATA
            stream = api.http.post(
                "/graphql", json=form, headers={"accept": "text/event-stream"}
            ).text
            assert orjson.dumps(PLANS_DATA).decode() in stream
        address = str(api.http.base_url.join("/graphql")).replace("http", "ws")
        with peer(address) as other:
            other.init()
            for place, form in enumerate(forms):
                other.say("subscribe", id=str(place), payload=form)
                assert other.hear()["payload"] == PLANS_DATA
                assert other.hear()["type"] == "complete"


def test_our_own_documents_are_built_in(api: Api) -> None:
    text = trusted_documents()["Plans"].text
    for id_ in (hash_of(text), "x-guidance-Plans"):
        assert len(post(api, documentId=id_).json()["data"]["plans"]) == 2
    answer = post(api, documentId="x-guidance-Plans", operationName="Other")
    assert refusal(answer) == (400, "OPERATION_RESOLUTION_FAILURE")


def test_a_trusted_mutation_over_get(api: Api) -> None:
    answer = api.http.get("/graphql", params={"documentId": "x-guidance-StartConversation"})
    assert refusal(answer) == (405, "BAD_REQUEST")


def test_what_is_published_and_retired_while_the_server_runs(
    own_world: str, tmp_path: Path
) -> None:
    with server(own_world, tmp_path, OperationsMode.TRUSTED) as api:

        def status() -> int:
            return post(api, documentId=hash_of(HOME)).status_code

        assert status() == 404
        publish(own_world, "web", HOME)
        until(lambda: status() == 200)
        asyncio.run(run(own_world, RETIRED, NEXT_VERSION))
        until(lambda: status() == 404)


def test_only_trusted_documents_run_and_nothing_hints_at_the_schema(
    own_world: str, tmp_path: Path
) -> None:
    publish(own_world, "web", HOME, PAGE)
    with server(own_world, tmp_path, OperationsMode.TRUSTED) as api:
        assert post(api, query=HOME).json() == PLANS_DATA
        texts = [
            UNTRUSTED,
            "query Home { plan { code } }",
            "query Home {",
            "{ __schema { types { name } } }",
            '{ __type(name: "Plan") { name } }',
            "{ __typename }",
        ]
        for text in texts:
            answer = post(api, query=text)
            assert refusal(answer) == (403, "QUERY_NOT_IN_SAFELIST")
            assert answer.json()["errors"][0]["message"] == "This document is not registered."
        assert refusal(post(api, documentId=UNKNOWN)) == (404, "PERSISTED_QUERY_NOT_IN_LIST")
        assert refusal(post(api, extensions=persisted(UNTRUSTED))) == (
            404,
            "PERSISTED_QUERY_NOT_IN_LIST",
        )
        registering = post(api, query=UNTRUSTED, extensions=persisted(UNTRUSTED))
        assert refusal(registering) == (403, "QUERY_NOT_IN_SAFELIST")
        assert refusal(post(api, extensions=persisted(UNTRUSTED)))[0] == 404
        misfit = post(api, documentId=hash_of(PAGE), variables={"id": {"a": 1}})
        assert refusal(misfit) == (400, "BAD_USER_INPUT")
        assert misfit.json()["errors"][0]["message"] == "The value of '$id' does not fit."
        assert refusal(api.http.get("/graphql", headers={"accept": "text/html"}))[0] == 406


def test_where_ids_are_required_texts_are_not_taken(own_world: str, tmp_path: Path) -> None:
    publish(own_world, "web", HOME)
    with server(
        own_world, tmp_path, OperationsMode.TRUSTED, graphql_operations_require_id=True
    ) as api:
        assert refusal(post(api, query=HOME)) == (400, "PERSISTED_QUERY_ID_REQUIRED")
        assert post(api, documentId=hash_of(HOME)).json() == PLANS_DATA


def test_uses_are_counted_by_client_and_stored_when_the_server_stops(
    own_world: str, tmp_path: Path
) -> None:
    publish(own_world, "web", HOME)
    publish(own_world, "ios", HOME)
    key = issue_key(own_world, ADAS_COMPANY)
    callers: list[dict[str, str]] = [
        {"apollographql-client-name": "web"},
        {"apollographql-client-name": "web"},
        {"graphql-client-name": "ios"},
        {"graphql-client-name": "an invention"},
        {"x-api-key": key},
        {},
    ]
    with server(own_world, tmp_path, OperationsMode.OPEN) as api:
        for headers in callers:
            by_id = {"documentId": hash_of(HOME)}
            assert api.http.post("/graphql", json=by_id, headers=headers).json()["data"]
        assert post(api, query=HOME).json() == PLANS_DATA
    uses = "SELECT client_name, use_count FROM trusted_document_uses ORDER BY client_name"
    assert rows(own_world, uses) == [("account:1", 1), ("ios", 1), ("unknown", 3), ("web", 2)]


def test_what_is_unknown_is_recorded_without_values_and_runs_once_promoted(
    own_world: str, tmp_path: Path
) -> None:
    text = 'query Node { node(id: "%s") { id } }'
    with server(own_world, tmp_path, OperationsMode.LOG) as api:
        for id_ in ("SECRET", "VXNlcjox"):
            headers = {"graphql-client-name": "script"}
            api.http.post("/graphql", json={"query": text % id_}, headers=headers)
        post(api, query="query Node { nothing }")
        post(api, documentId="x-guidance-Plans")
    (found,) = rows(
        own_world,
        "SELECT client_name, body, operation_name, cost, request_count FROM unknown_documents",
    )
    body = "query Node($value1: ID!) {\n  node(id: $value1) {\n    id\n  }\n}"
    assert found == ("script", body, "Node", 1, 2)
    publish(own_world, "script", body)
    with server(own_world, tmp_path, OperationsMode.TRUSTED) as api:
        answer = api.ask(text % "VXNlcjox", viewer=ADA)
        assert answer == {"data": {"node": {"id": "VXNlcjox"}}}
        other = post(api, query='query Node { node(id: "VXNlcjox") { __typename } }')
        assert refusal(other) == (403, "QUERY_NOT_IN_SAFELIST")


def test_an_active_document_that_is_not_valid_any_more_keeps_it_from_being_ready(
    own_world: str, tmp_path: Path
) -> None:
    publish(own_world, "web", HOME, "query Old { plans { gone } }")
    publish(own_world, "ios", "query Older { gone }")
    deprecated = (
        "UPDATE trusted_document_publications SET state = 'deprecated' WHERE client_name = 'ios'"
    )
    asyncio.run(run(own_world, deprecated))
    with server(own_world, tmp_path, OperationsMode.TRUSTED) as api:
        ready = api.http.get("/readyz")
        assert (ready.status_code, ready.json()["documents"]) == (
            503,
            "not valid any more, the log says why: Old of web",
        )
        assert post(api, documentId=hash_of(HOME)).json() == PLANS_DATA
        asyncio.run(run(own_world, f"{RETIRED} WHERE operation_name = 'Old'", NEXT_VERSION))
        until(lambda: api.http.get("/readyz").status_code == 200)


@pytest.mark.heavy
def test_while_the_registry_cannot_be_read_nothing_is_said_to_be_missing(tmp_path: Path) -> None:
    nowhere = "postgresql://127.0.0.1:1/nothing"
    with server(nowhere, tmp_path, OperationsMode.TRUSTED) as api:
        assert refusal(post(api, documentId=hash_of(HOME))) == (503, "SERVICE_UNAVAILABLE")
        assert api.http.get("/readyz").json()["documents"] == "not read yet"


@pytest.mark.parametrize("setting", ["graphql_introspection", "graphql_ide"])
def test_the_schema_cannot_be_shown_where_documents_are_trusted(
    tmp_path: Path, setting: str
) -> None:
    with pytest.raises(ValueError, match="shows nobody the schema"):
        settings_for(
            "postgresql://h/d", tmp_path, graphql_operations_mode="trusted", **{setting: True}
        )
