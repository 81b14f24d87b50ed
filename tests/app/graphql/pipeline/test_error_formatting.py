"""What answers say of a failure, and what only the log does."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.app.graphql.raw_bodies import JSON, PLANS, refusal
from tests.captured_logs import capture_logs
from tests.fixtures.servers.live import live_server
from tests.fixtures.servers.production import PRODUCTION
from tests.fixtures.servers.server import Api, serving, settings_for
from tests.fixtures.stores.postgres import run
from tests.waiting import until

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
