"""/graphql over HTTP: statuses, media types, and bodies that mean harm."""

import asyncio
import gc
import gzip
import re
import tracemalloc
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from structlog.testing import capture_logs

from tests.fixtures.live import live_server
from tests.fixtures.postgres import run
from tests.fixtures.production import PRODUCTION
from tests.fixtures.server import Api, serving, settings_for, token_of
from tests.fixtures.world import ADA
from tests.waiting import until

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
PLANS = "{ plans { code } }"
PLANS_DATA = {"data": {"plans": [{"code": "basic-entry"}, {"code": "premium-unlimited"}]}}
STATUS = """query ($status: ConversationStatus) {
  viewer { conversations(status: $status) { pageInfo { hasNextPage } } }
}"""
# Any: a body is JSON.
MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"query": "{ plan { code } }"}, "'plans'"),
    ({"query": STATUS, "variables": {"status": "ACTIV"}}, "the enum value 'ACTIVE'"),
    (
        {
            "documentId": "x-guidance-StopReply",
            "variables": {"input": {"messageId": "x", "messageIds": "x"}},
        },
        "'messageId'",
    ),
]


@pytest.fixture(scope="module")
def drafting(world: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server with the statuses of the specification's draft."""
    settings = settings_for(
        world,
        tmp_path_factory.mktemp("data"),
        graphql_status_profile="draft",
        serve_runs_worker=False,
    )
    with serving(settings) as running:
        yield running


def post(api: Api, body: bytes | Iterator[bytes], **headers: str) -> httpx2.Response:
    """Send a body as it is."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.http.post("/graphql", content=body, headers={"content-type": JSON} | named)


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    """Status and code of an answer that is one error, without data."""
    body = answer.json()
    assert set(body) == {"errors"}
    (error,) = body["errors"]
    assert error["message"]
    return answer.status_code, error["extensions"]["code"]


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (GRAPHQL_JSON, GRAPHQL_JSON),
        (f"{JSON}, {GRAPHQL_JSON}", JSON),
        (f"{JSON};q=0.5, {GRAPHQL_JSON};q=0.9", GRAPHQL_JSON),
        (f"text/html, {JSON};q=0.1", JSON),
        (f"{GRAPHQL_JSON};q=0, {JSON}", JSON),
        ("APPLICATION/JSON", JSON),
    ],
)
def test_the_media_type_is_the_preferred_one(api: Api, accept: str | None, expected: str) -> None:
    request = api.http.build_request("POST", "/graphql", json={"query": PLANS})
    del request.headers["accept"]
    if accept is not None:
        request.headers["accept"] = accept
    answer = api.http.send(request)
    assert answer.headers["content-type"] == f"{expected}; charset=utf-8"
    assert (answer.status_code, answer.json()) == (200, PLANS_DATA)


@pytest.mark.parametrize(
    "accept", ["text/plain", "image/*", f"{JSON};q=0", "nonsense", JSON + "," * 1_000]
)
def test_nothing_acceptable(api: Api, accept: str) -> None:
    answer = api.http.post("/graphql", json={"query": PLANS}, headers={"accept": accept})
    assert refusal(answer) == (406, "NOT_ACCEPTABLE")


def test_get_with_variables(api: Api) -> None:
    parameters = {
        "query": "query A($id: ID!) { node(id: $id) { id } } query B { plans { code } }",
        "operationName": "A",
        "variables": '{"id": "VXNlcjox"}',
    }
    headers = {"authorization": f"Bearer {token_of(ADA)}"}
    answer = api.http.get("/graphql", params=parameters, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"data": {"node": {"id": "VXNlcjox"}}})


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods(api: Api, method: str) -> None:
    answer = api.http.request(method, "/graphql")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_of_another_type(api: Api, media_type: str) -> None:
    answer = post(api, orjson.dumps({"query": PLANS}), content_type=media_type)
    assert refusal(answer) == (415, "BAD_REQUEST")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"7",
        b'"text"',
        b"[]",
        b"{}",
        b'{"query": null}',
        b'{"query": ""}',
        b'{"query": 7}',
        b'{"query": ["{ plans { code } }"]}',
        b'{"query": "{ plans { code } }", "operationName": 7}',
        b'{"query": "{ plans { code } }", "variables": [7]}',
        b'{"query": "{ plans { code } }", "variables": "{}"}',
        b'{"query": "{ plans { code } }", "extensions": []}',
        b'{"query": "\xff"}',
        b'{"query": "{ plans { code } }", "operationName": "\\ud800"}',
        b"[" * 100_000,
        b'{"query": "{ plans { code } }", "variables": {"a": ' + b"[" * 150 + b"]" * 150 + b"}}",
        b'{"variables": ' + b'{"a":' * 30_000,
        gzip.compress(b'{"query": "{ plans { code } }"}'),
    ],
    ids=range(21),
)
def test_a_body_that_is_no_request(api: Api, body: bytes) -> None:
    assert refusal(post(api, body)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"query": "{ plans { code }"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ plans { nothing } }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "{ plans {} }"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": PLANS + " " * 10 + "x" * 10}, "GRAPHQL_PARSE_FAILED"),
        ({"query": PLANS, "operationName": "Missing"}, "OPERATION_RESOLUTION_FAILURE"),
        (
            {"query": "query A { plans { code } } query B { plans { code } }"},
            "OPERATION_RESOLUTION_FAILURE",
        ),
        ({"query": "fragment F on Plan { code }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "{" + " plans { code }" * 1_000 + "}"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "query ($id: ID!) { node(id: $id) { id } }"}, "BAD_USER_INPUT"),
        (
            {"query": "query ($id: ID!) { node(id: $id) { id } }", "variables": {"id": []}},
            "BAD_USER_INPUT",
        ),
    ],
)
def test_a_request_that_cannot_run(api: Api, request_: dict[str, Any], code: str) -> None:
    assert refusal(api.http.post("/graphql", json=request_)) == (400, code)


@pytest.mark.parametrize(
    "id_",
    [b'"\\u0000"', b'"\\ud83d"', b"1" * 5_000, b'"' + b"A" * 100_000 + b'"'],
    ids=["NUL", "half a pair", "5,000 digits", "100,000 characters"],
)
def test_an_id_that_means_harm(api: Api, id_: bytes) -> None:
    document = b'"query ($id: ID!) { node(id: $id) { id } }"'
    answer = post(api, b'{"query": %b, "variables": {"id": %b}}' % (document, id_))
    assert answer.status_code in {200, 400}
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] in {"BAD_USER_INPUT", "BAD_REQUEST"}


@pytest.mark.parametrize(
    ("accept", "current", "draft"),
    [
        (GRAPHQL_JSON, (400, 400, 200, 200), (400, 422, 294, 200)),
        ("*/*", (400, 400, 200, 200), (400, 422, 294, 200)),
        (f"{GRAPHQL_JSON}, {JSON};q=0.9", (400, 400, 200, 200), (400, 422, 294, 200)),
        (JSON, (200, 200, 200, 200), (200, 200, 200, 200)),
        (f"{JSON}, */*;q=0.9", (200, 200, 200, 200), (200, 200, 200, 200)),
    ],
)
def test_the_statuses_of_both_profiles(
    api: Api,
    drafting: Api,
    accept: str,
    current: tuple[int, ...],
    draft: tuple[int, ...],
) -> None:
    """Of a syntax error, an unknown field, a failing field, and an answer without errors."""
    documents = ("{", "{ nothing }", '{ node(id: "x") { id } }', PLANS)
    for served, wanted in ((api, current), (drafting, draft)):
        answers = [
            served.http.post("/graphql", json={"query": query}, headers={"accept": accept})
            for query in documents
        ]
        assert tuple(answer.status_code for answer in answers) == wanted
        assert ["data" in answer.json() for answer in answers] == [False, False, True, True]


def test_of_many_errors_in_variables_the_first_are_told(api: Api) -> None:
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    answer = api.http.post("/graphql", json={"query": document, "variables": {"ids": [{}] * 900}})
    errors = answer.json()["errors"]
    assert (answer.status_code, len(errors)) == (400, 21)
    assert {error["extensions"]["code"] for error in errors} == {"BAD_USER_INPUT"}
    assert errors[-1]["message"].startswith("Too many errors")


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("{ ", " }"),
        ("... { ", " }"),
        ("a: __typename @skip(if: false) ... { ", " }"),
    ],
)
@pytest.mark.parametrize("depth", [50, 150, 250, 900])
def test_nesting_however_deep_is_answered_or_refused(
    api: Api, opening: str, closing: str, depth: int
) -> None:
    document = "{ " + opening * depth + "__typename" + closing * depth + " }"
    answer = api.http.post("/graphql", json={"query": document})
    codes = {error["extensions"]["code"] for error in answer.json().get("errors", ())}
    assert answer.status_code in {200, 400}
    assert codes <= {
        "GRAPHQL_PARSE_FAILED",
        "GRAPHQL_VALIDATION_FAILED",
        "OPERATION_LIMIT_EXCEEDED",
    }


def test_a_name_that_anybody_can_invent_is_not_counted_by(api: Api) -> None:
    assert api.data("query Invented { __typename }") == {"__typename": "Query"}
    metrics = api.http.get("/metrics").text
    assert re.search(r'guidance_operations_total{operation="untrusted",outcome="ok"} \d', metrics)
    assert "Invented" not in metrics


def test_the_log_names_an_operation_that_is_refused(api: Api) -> None:
    with capture_logs() as lines:
        answer = api.http.post("/graphql", json={"documentId": "x-guidance-StopReply"})
        until(lambda: lines != [])
    assert refusal(answer) == (400, "BAD_USER_INPUT")
    assert [(line["operation"], line["outcome"]) for line in lines] == [
        ("StopReply", "client_error")
    ]


def test_too_large_by_its_own_account(api: Api) -> None:
    assert refusal(post(api, b" " * 262_145)) == (413, "BAD_REQUEST")


def test_too_large_without_saying_so(api: Api) -> None:
    assert refusal(post(api, (b" " * 100_000 for _ in range(3)))) == (413, "BAD_REQUEST")


@pytest.mark.parametrize("name", ["accept", "graphql-client-name", "x-request-id"])
def test_what_anybody_may_write_into_a_header_is_not_kept(api: Api, name: str) -> None:
    def ask(number: int) -> None:
        header = {name: f"{number}{'x' * 200_000}"}
        api.http.post("/graphql", json={"documentId": "x-guidance-Plans"}, headers=header)

    ask(0)
    gc.collect()
    tracemalloc.start()
    for number in range(1, 21):
        ask(number)
    gc.collect()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 1_000_000


def test_members_that_nobody_knows_are_ignored(api: Api) -> None:
    answer = api.http.post("/graphql", json={"query": PLANS, "extensions": {"a": 1}, "b": 2})
    assert answer.json() == PLANS_DATA


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer nonsense"},
        {"authorization": "Bearer"},
        {"authorization": "Basic dXNlcjpwYXNz"},
        {"authorization": f"Bearer {token_of(ADA)}x"},
        {"x-api-key": "nonsense"},
        {"x-api-key": ""},
        {"x-api-key": "gk_0000000000000009_" + "0" * 56},
        {"x-api-key": "x", "authorization": f"Bearer {token_of(ADA)}"},
    ],
)
def test_a_credential_that_is_not_accepted(api: Api, headers: dict[str, str]) -> None:
    answer = api.http.post("/graphql", json={"query": PLANS}, headers=headers)
    assert refusal(answer) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_production_shows_neither_page_nor_schema(world: str, tmp_path: Path) -> None:
    settings = settings_for(
        world, tmp_path, **{name.lower(): value for name, value in PRODUCTION.items()}
    )
    with serving(settings) as api:
        introspection = {"query": '{ __type(name: "Plan") { __typename } }'}
        answer = api.http.post("/graphql", json=introspection)
        assert refusal(answer) == (400, "GRAPHQL_VALIDATION_FAILED")
        page = api.http.get("/graphql", headers={"accept": "text/html"})
        assert refusal(page) == (406, "NOT_ACCEPTABLE")
        assert api.data("{ __typename }") == {"__typename": "Query"}
        for body, _ in MISTAKES:
            said = api.http.post("/graphql", json=body).json()["errors"][0]["message"]
            assert "Did you mean" not in said


@pytest.mark.parametrize(("body", "meant"), MISTAKES)
def test_development_says_what_may_have_been_meant(
    api: Api, body: dict[str, Any], meant: str
) -> None:
    said = api.http.post("/graphql", json=body).json()["errors"][0]["message"]
    assert f"Did you mean {meant}?" in said


def test_an_unexpected_failure_is_named_by_the_request_id_alone(
    database_url: str, tmp_path: Path
) -> None:
    with serving(settings_for(database_url, tmp_path)) as api:
        asyncio.run(run(database_url, "ALTER TABLE billing_plans RENAME COLUMN code TO secret"))
        answer = api.http.post(
            "/graphql",
            json={"query": "{ __typename plans { code } }"},
            headers={"x-request-id": "a-request-of-mine"},
        )
    assert answer.headers["x-request-id"] == "a-request-of-mine"
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "data": None,
            "errors": [
                {
                    "message": "Something went wrong on our side; the request id tells us what.",
                    "locations": [{"line": 1, "column": 14}],
                    "path": ["plans"],
                    "extensions": {
                        "requestId": "a-request-of-mine",
                        "code": "INTERNAL_SERVER_ERROR",
                    },
                }
            ],
        },
    )


def test_a_failure_outside_of_any_field_is_json_and_logged_once(world: str) -> None:
    def clock() -> datetime:
        raise OSError("a secret of ours")

    with live_server(world, clock=clock) as live, capture_logs() as lines:
        headers = {"x-request-id": "a-fault-of-yours", "accept": JSON}
        answer = live.http.post("/graphql", json={"query": "{ who }"}, headers=headers)
        until(lambda: lines[-1:] != [] and lines[-1]["event"] == "request")
    assert (answer.status_code, answer.headers["content-type"]) == (
        500,
        "application/json; charset=utf-8",
    )
    assert answer.json() == {
        "errors": [
            {
                "message": "Something went wrong on our side; the request id tells us what.",
                "extensions": {
                    "requestId": "a-fault-of-yours",
                    "code": "INTERNAL_SERVER_ERROR",
                },
            }
        ]
    }
    assert [line["event"] for line in lines] == ["unexpected failure", "request"]
    assert {line["request_id"] for line in lines} == {"a-fault-of-yours"}
    assert lines[1]["outcome"] == "server_error"


@pytest.mark.parametrize("offered", ["short", "x" * 129, "with a space", "<script></script>"])
def test_a_request_id_that_is_not_harmless_is_replaced(api: Api, offered: str) -> None:
    answer = api.http.post("/graphql", json={"query": PLANS}, headers={"x-request-id": offered})
    assert len(answer.headers["x-request-id"]) == 32
