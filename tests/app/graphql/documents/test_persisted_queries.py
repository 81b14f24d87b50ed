"""Automatic persisted queries: requested by hash, registered with the text, over each transport."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from services.documents.identifiers import hash_of
from tests.app.graphql.documents.persisted_requests import PLANS_DATA, UNKNOWN, persisted, plans
from tests.app.graphql.raw_bodies import refusal
from tests.fixtures.clients.peer import peer
from tests.fixtures.servers.live import Live
from tests.fixtures.servers.server import Api, serving, settings_for

NOT_KEPT = "private, no-cache, must-revalidate"


def post(api: Api, **members: Any) -> httpx2.Response:
    return api.http.post("/graphql", json=members)


def get(api: Api, **members: Any) -> httpx2.Response:
    parameters = {
        name: value if isinstance(value, str) else orjson.dumps(value).decode()
        for name, value in members.items()
    }
    return api.http.get("/graphql", params=parameters)


@pytest.mark.parametrize("send", [post, get])
def test_a_hash_that_is_not_known_asks_for_the_text(api: Api, send: Any) -> None:
    answer = send(api, extensions=persisted(plans("Never")))
    assert (answer.status_code, answer.headers["cache-control"]) == (200, NOT_KEPT)
    assert answer.json() == {
        "errors": [
            {
                "message": "PersistedQueryNotFound",
                "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"},
            }
        ]
    }


@pytest.mark.parametrize("send", [post, get])
def test_the_text_with_its_hash_registers_it(api: Api, send: Any) -> None:
    text = plans(f"Registered{send.__name__}")
    extensions = persisted(text)
    registered = send(api, query=text, extensions=extensions)
    assert (registered.status_code, registered.json()) == (200, PLANS_DATA)
    kept = "public, max-age=60" if send is get else "no-store"
    assert registered.headers["cache-control"] == kept
    for again in (post, get):
        assert again(api, extensions=extensions).json() == PLANS_DATA
    by_id = {
        "documentId": hash_of(text),
        "id": hash_of(text).removeprefix("sha256:"),
        "doc_id": hash_of(text),
    }
    for member, id_ in by_id.items():
        for again in (post, get):
            assert again(api, **{member: id_}).json() == PLANS_DATA


def test_a_hash_of_another_text_registers_nothing(api: Api) -> None:
    text, other = plans("Wrong"), plans("Other")
    answer = post(api, query=text, extensions=persisted(other))
    assert refusal(answer) == (400, "BAD_REQUEST")
    for one in (text, other):
        requested = post(api, extensions=persisted(one))
        assert refusal(requested) == (200, "PERSISTED_QUERY_NOT_FOUND")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("query Bad { plans { code }", "GRAPHQL_PARSE_FAILED"),
        ("query Bad { plans { nothing } }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
def test_what_is_not_valid_is_not_registered(api: Api, text: str, code: str) -> None:
    extensions = persisted(text)
    assert refusal(post(api, query=text, extensions=extensions)) == (400, code)
    assert refusal(post(api, extensions=extensions)) == (200, "PERSISTED_QUERY_NOT_FOUND")


@pytest.mark.parametrize(
    "members",
    [
        {"documentId": "71f7dc5758652baac68e4a10c50be732b741c892ade2883a99358f52b555286b"},
        {"documentId": "sha256:71F7"},
        {"documentId": "page"},
        {"documentId": 7},
        {"id": 7},
        {"id": ["x-page"]},
        {"id": ""},
        {"doc_id": "a page"},
        {"doc_id": "x" * 201},
        {"id": "x-one", "doc_id": "x-other"},
        {"documentId": UNKNOWN, "extensions": persisted("{ plans { code } }")},
        {"extensions": []},
        {"extensions": 7},
        {"extensions": {"persistedQuery": []}},
        {"extensions": persisted("{ plans { code } }", version=2)},
        {"extensions": persisted("{ plans { code } }", version=True)},
        {"extensions": persisted("{ plans { code } }", version=None)},
        {"extensions": persisted("{ plans { code } }", sha256Hash=None)},
        {"extensions": persisted("{ plans { code } }", sha256Hash=7)},
    ],
)
def test_an_id_that_cannot_be_one(api: Api, members: dict[str, Any]) -> None:
    assert refusal(post(api, **members)) == (400, "BAD_REQUEST")
    assert refusal(post(api, query="{ plans { code } }", **members)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("member", ["documentId", "id", "doc_id"])
@pytest.mark.parametrize("send", [post, get])
def test_an_id_that_nobody_registered(api: Api, send: Any, member: str) -> None:
    for id_ in (UNKNOWN, "x-nothing"):
        assert refusal(send(api, **{member: id_})) == (404, "PERSISTED_QUERY_NOT_IN_LIST")


@pytest.mark.parametrize("member", ["documentId", "id", "doc_id"])
@pytest.mark.parametrize("send", [post, get])
def test_an_id_and_a_text(api: Api, send: Any, member: str) -> None:
    text = plans("Both")
    answer = send(api, query=text, **{member: hash_of(text)})
    assert refusal(answer) == (400, "CANNOT_SEND_PQ_ID_AND_BODY")


def test_ids_that_are_null_are_not_there(api: Api) -> None:
    nothing = {"documentId": None, "id": None, "doc_id": None, "extensions": None}
    assert post(api, query=plans("Null"), **nothing).json() == PLANS_DATA


def test_a_registered_mutation_over_get(api: Api) -> None:
    text = """mutation Start($input: StartConversationInput!) {
      startConversation(input: $input) { userErrors { code } } }"""
    extensions = persisted(text)
    answer = get(api, query=text, extensions=extensions)
    assert (refusal(answer), answer.headers["allow"]) == ((405, "BAD_REQUEST"), "POST")
    assert refusal(get(api, extensions=extensions)) == (405, "BAD_REQUEST")
    assert refusal(get(api, documentId=hash_of(text))) == (405, "BAD_REQUEST")


def test_a_registered_document_with_several_operations(api: Api) -> None:
    text = "query One { plans { code } } query Two { __typename }"
    extensions = persisted(text)
    post(api, query=text, operationName="One", extensions=extensions)
    two = post(api, operationName="Two", extensions=extensions)
    assert two.json() == {"data": {"__typename": "Query"}}
    assert refusal(post(api, extensions=extensions)) == (400, "OPERATION_RESOLUTION_FAILURE")


def events(live: Live, **members: Any) -> list[str]:
    """The lines of a stream of events, without heartbeats."""
    headers = {"accept": "text/event-stream"}
    answer = live.http.post("/graphql", json=members, headers=headers)
    assert answer.headers["content-type"].startswith("text/event-stream")
    return [line for line in answer.text.splitlines() if line not in {"", ":"}]


COUNT = "subscription { count(to: 1) { number } }"
COUNTED = ["event: next", "id: 1", 'data: {"data":{"count":{"number":1}}}']
COMPLETE = ["event: complete", "data:"]


def test_over_server_sent_events(live: Live) -> None:
    text = COUNT.replace("subscription", "subscription Events")
    extensions = persisted(text)
    missed = events(live, extensions=extensions)
    assert "PersistedQueryNotFound" in missed[1]
    assert [missed[0], *missed[2:]] == ["event: next", *COMPLETE]
    assert events(live, query=text, extensions=extensions) == COUNTED + COMPLETE
    assert events(live, extensions=extensions) == COUNTED + COMPLETE
    assert events(live, documentId=hash_of(text)) == COUNTED + COMPLETE
    refused = events(live, documentId=UNKNOWN)
    assert "PERSISTED_QUERY_NOT_IN_LIST" in refused[1]


def test_over_a_websocket(live: Live) -> None:
    text = COUNT.replace("subscription", "subscription Socket")
    with peer(live.socket_address) as other:
        other.init()

        def codes(id_: str, **payload: Any) -> list[str]:
            other.say("subscribe", id=id_, payload=payload)
            message = other.hear()
            assert (message["id"], message["type"]) == (id_, "error")
            return [error["extensions"]["code"] for error in message["payload"]]

        extensions = persisted(text)
        assert codes("1", extensions=extensions) == ["PERSISTED_QUERY_NOT_FOUND"]
        assert codes("2", documentId=UNKNOWN) == ["PERSISTED_QUERY_NOT_IN_LIST"]
        assert codes("3", query=text, id=UNKNOWN) == ["CANNOT_SEND_PQ_ID_AND_BODY"]
        registering = {"query": text, "extensions": extensions}
        for id_, payload in (("4", registering), ("5", {"documentId": hash_of(text)})):
            other.say("subscribe", id=id_, payload=payload)
            assert [other.hear(), other.hear()] == [
                {"id": id_, "type": "next", "payload": {"data": {"count": {"number": 1}}}},
                {"id": id_, "type": "complete"},
            ]


@pytest.fixture(scope="module")
def without(world: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server where nothing can be registered by its hash."""
    settings = settings_for(
        world,
        tmp_path_factory.mktemp("data"),
        graphql_persisted_queries=False,
        serve_runs_worker=False,
    )
    with serving(settings) as running:
        yield running


def test_switched_off(without: Api) -> None:
    text = plans("Off")
    extensions = persisted(text)
    assert post(without, query=text, extensions=extensions).json() == PLANS_DATA
    missed = post(without, extensions=extensions)
    assert (refusal(missed), missed.headers["cache-control"]) == (
        (200, "PERSISTED_QUERY_NOT_SUPPORTED"),
        NOT_KEPT,
    )
    assert missed.json()["errors"][0]["message"] == "PersistedQueryNotSupported"
    assert refusal(post(without, documentId=hash_of(text))) == (404, "PERSISTED_QUERY_NOT_IN_LIST")


def test_what_one_instance_registers_another_serves_unless_it_may_be_about_a_person(
    world: str, redis_url: str, tmp_path: Path
) -> None:
    settings = settings_for(world, tmp_path, redis_url=redis_url, serve_runs_worker=False)
    text, private = plans("Shared"), plans("Private") + "# of Ada"
    with serving(settings) as one, serving(settings) as other:
        assert post(one, query=text, extensions=persisted(text)).json() == PLANS_DATA
        assert post(other, extensions=persisted(text)).json() == PLANS_DATA
        assert post(one, query=private, extensions=persisted(private)).json() == PLANS_DATA
        assert post(one, extensions=persisted(private)).json() == PLANS_DATA
        unknown = post(other, extensions=persisted(private))
        assert refusal(unknown) == (200, "PERSISTED_QUERY_NOT_FOUND")
