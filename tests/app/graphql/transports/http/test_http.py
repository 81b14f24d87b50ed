"""/graphql over HTTP: statuses and media types."""

import gc
import re
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from tests.app.graphql.raw_bodies import JSON, PLANS, PLANS_DATA, refusal
from tests.captured_logs import capture_logs
from tests.fixtures.servers.server import Api, metrics_of, serving, settings_for, token_of
from tests.fixtures.stores.world import ADA
from tests.waiting import until

GRAPHQL_JSON = "application/graphql-response+json"


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


def test_of_many_errors_in_variables_the_first_are_reported(api: Api) -> None:
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    answer = api.http.post("/graphql", json={"query": document, "variables": {"ids": [{}] * 900}})
    errors = answer.json()["errors"]
    assert (answer.status_code, len(errors)) == (400, 21)
    assert {error["extensions"]["code"] for error in errors} == {"BAD_USER_INPUT"}
    assert errors[-1]["message"].startswith("Too many errors")


def test_a_name_that_anybody_can_invent_is_not_counted_by(api: Api) -> None:
    assert api.data("query Invented { __typename }") == {"__typename": "Query"}
    metrics = metrics_of(api.http)
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


_WIDE = " ".join(f"a{number}: plans {{ code }}" for number in range(95))


@pytest.mark.parametrize(
    ("body", "most"),
    [
        ({"documentId": "x-guidance-Quota"}, 60),
        ({"query": f"query New%d {{ {_WIDE} }}"}, 700),
    ],
)
def test_hardly_anything_of_a_request_is_left_to_the_collector(
    api: Api, body: dict[str, str], most: int
) -> None:
    """All clients wait while it works. A traced plan and what validates a new text are circles."""

    def ask(number: int) -> None:
        one = {name: value.replace("%d", str(number)) for name, value in body.items()}
        answer = api.http.post("/graphql", json=one, headers=api.credentials(ADA))
        assert "errors" not in answer.json()

    ask(0)
    ask(1)
    gc.collect()
    gc.disable()
    try:
        for number in range(2, 12):
            ask(number)
        assert gc.collect() < 10 * most
    finally:
        gc.enable()


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
