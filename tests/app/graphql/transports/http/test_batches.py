"""Lists of operations in one request: off, and where they are switched on."""

from datetime import datetime
from typing import Any

import httpx2
import pytest

from tests.captured_logs import capture_logs
from tests.fixtures.servers.live import Live, live_server
from tests.fixtures.servers.server import Api, token_of
from tests.fixtures.stores.world import ADA, NOW

WHO = {"query": "query Who { who }"}


def send(http: httpx2.Client, batch: list[Any], **headers: str) -> httpx2.Response:
    return http.post("/graphql", json=batch, headers=headers)


def test_lists_are_refused_unless_they_are_switched_on(api: Api) -> None:
    answer = send(api.http, [{"query": "{ plans { code } }"}])
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error) == (
        400,
        {
            "message": "The body must be a JSON object; batches are not served.",
            "extensions": {"code": "BAD_REQUEST"},
        },
    )


@pytest.mark.parametrize("size", [0, 4, 500])
def test_a_batch_has_so_many_operations_at_most(live: Live, size: int) -> None:
    answer = send(live.http, [WHO] * size)
    (error,) = answer.json()["errors"]
    assert answer.status_code == 400
    assert error["message"] == f"A batch has {size} operations; 1 to 3 are served."


@pytest.mark.parametrize("member", [None, 7, "text", [], [WHO], {}, {"query": 7}])
def test_a_batch_with_what_is_no_request_is_refused_whole(live: Live, member: Any) -> None:
    answer = send(live.http, [WHO, member])
    assert (answer.status_code, len(answer.json()["errors"])) == (400, 1)


def test_each_operation_is_answered_for_itself(live: Live) -> None:
    token = {"authorization": f"Bearer {token_of(ADA)}", "x-request-id": "a-batch-of-mine"}
    invalid = {"query": "{ nothing }"}
    failing = {"query": "{ fails }"}
    answer = send(live.http, [WHO, invalid, failing], **token)
    who, refused, failed = answer.json()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert who == {"data": {"who": f"person {ADA}"}}
    assert refused["errors"][0]["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    assert "data" not in refused
    assert failed["data"] == {"fails": None}
    assert failed["errors"][0]["extensions"] == {
        "requestId": "a-batch-of-mine.3",
        "code": "INTERNAL_SERVER_ERROR",
    }


def test_a_subscription_is_no_part_of_a_batch(live: Live) -> None:
    subscription = {"query": "subscription { count(to: 1) { number } }"}
    refused, who = send(live.http, [subscription, WHO]).json()
    assert refused["errors"][0]["message"] == "A subscription cannot be part of a batch."
    assert who == {"data": {"who": "nobody"}}


def test_each_operation_is_observed(world: str) -> None:
    with live_server(world) as live:
        send(live.http, [{"query": "query Batched { who }"}] * 3)
    # What is observed is so after the answer; a server that has stopped has done it.
    assert dict(live.observations.operations())["untrusted"].requests == 3


def test_a_fault_outside_of_any_field_spoils_one_operation_only(world: str) -> None:
    faults = iter([OSError("a secret of ours")])

    def clock() -> datetime:
        for fault in faults:
            raise fault
        return NOW

    with live_server(world, clock=clock) as live, capture_logs() as lines:
        broken, who = send(live.http, [WHO, WHO], **{"x-request-id": "a-faulty-batch"}).json()
    (error,) = broken["errors"]
    assert error["extensions"] == {
        "requestId": "a-faulty-batch.1",
        "code": "INTERNAL_SERVER_ERROR",
    }
    assert who == {"data": {"who": "nobody"}}
    assert [line["request_id"] for line in lines if line["event"] == "unexpected failure"] == [
        "a-faulty-batch.1"
    ]
