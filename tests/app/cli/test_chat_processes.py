"""Chat served by two processes that share a database: what must hold across them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http import HTTPStatus
from secrets import token_hex
from typing import Any

import pytest

from services.clock import system_clock
from tests.fixtures.clients.listening import over_sse
from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.chat import SEND, STOP, Chat, ledger_differences
from tests.fixtures.servers.processes import PATIENCE_SECONDS, served
from tests.fixtures.servers.server import Api
from tests.fixtures.stores.postgres import new_database
from tests.fixtures.stores.world import ADA, EDITH
from tests.waiting import until

EDITHS_LIMIT = 5
"""Of the day by the machine's clock, on which she has sent nothing yet."""
ADAS_MESSAGES = f"""
SELECT count(*) FROM chat_messages JOIN chat_conversations AS one ON one.id = conversation_id
WHERE one.user_id = {ADA}
"""
"""Of others' the processes' workers delete what has been kept long enough."""


@pytest.fixture(scope="module")
def processes(
    postgres: str, world_template: str, stand_in_process: StandInControl
) -> Iterator[list[Chat]]:
    """Two server processes on one database."""
    with (
        new_database(postgres, world_template) as url,
        ExitStack() as stack,
        ThreadPoolExecutor() as pool,
    ):
        starting = [
            pool.submit(stack.enter_context, served(url, CHAT_LLM_BASE_URL=stand_in_process.url))
            for _ in range(2)
        ]
        yield [Chat(Api(one.result()[1], system_clock), url, stand_in_process) for one in starting]


@pytest.fixture
def two(processes: list[Chat], stand_in: StandInControl) -> list[Chat]:
    """The two, with a model without faults."""
    assert processes[0].stand_in is stand_in
    return processes


def at_once(sends: int, two: list[Chat], **input_: Any) -> list[dict[str, Any]]:
    """The payloads of concurrent sends over both processes by turns."""
    viewer = input_.pop("viewer")

    def send(index: int) -> dict[str, Any]:
        given = {"content": "Hello?", "idempotencyKey": token_hex()} | input_
        return two[index % 2].payload(SEND, given, viewer=viewer)

    with ThreadPoolExecutor(sends) as pool:
        return list(pool.map(send, range(sends)))


def test_fifty_sends_with_one_key_are_one(two: list[Chat]) -> None:
    used = two[0].used()
    before = two[0].rows(ADAS_MESSAGES)[0][0]
    payloads = at_once(50, two, viewer=ADA, idempotencyKey=token_hex())
    assert payloads == [payloads[0]] * 50
    assert payloads[0]["reply"]["status"] == "COMPLETE"
    assert two[0].rows(ADAS_MESSAGES) == [(before + 2,)]
    assert two[0].stand_in.counts()["received"] == 1
    assert two[1].used() == used + 1
    assert ledger_differences(two[0].database_url) == []


def test_ten_times_the_limit_at_once_is_the_limit(two: list[Chat]) -> None:
    payloads = at_once(10 * EDITHS_LIMIT, two, viewer=EDITH)
    codes = [[error["code"] for error in one["userErrors"]] for one in payloads]
    assert codes.count([]) == EDITHS_LIMIT
    assert codes.count(["QUOTA_EXCEEDED"]) == 9 * EDITHS_LIMIT
    assert two[0].stand_in.counts()["received"] == EDITHS_LIMIT
    entries = """SELECT kind, sum(units) FROM quota_ledger_entries
      WHERE user_id = $1 AND reply_id IS NOT NULL GROUP BY 1"""
    assert dict(two[0].rows(entries, EDITH)) == {"reserve": EDITHS_LIMIT, "settle": 0}
    assert ledger_differences(two[0].database_url) == []


def test_a_reply_of_one_process_is_stopped_from_the_other(two: list[Chat]) -> None:
    two[0].stand_in.next({"hang_after": 3})
    reply_id = two[0].send(delivery="STREAM")["reply"]["id"]
    with over_sse(two[0].api, reply_id, viewer=ADA) as events:
        assert next(events)["index"] == 1
        stopped = two[1].payload(STOP, {"messageId": reply_id})
        two[0].stand_in.wait_for(running=0, cancelled=1)
        assert [event["__typename"] for event in events][-1] == "ReplyCompleted"
    assert stopped["reply"] == {
        "id": reply_id,
        "status": "STOPPED",
        "content": "[stand-in] No language",
    }


def test_a_process_that_is_asked_to_stop_serves_on_and_hands_its_replies_over(
    two: list[Chat],
) -> None:
    url, stand_in = two[0].database_url, two[0].stand_in
    stand_in.next({"tokens": 40, "tokens_per_second": 8}, {"tokens": 40})
    with served(url, CHAT_LLM_BASE_URL=stand_in.url, SHUTDOWN_DRAIN_SECONDS="60") as (
        process,
        client,
    ):
        chat = Chat(Api(client, system_clock), url, stand_in)
        reply_id = chat.send(delivery="STREAM")["reply"]["id"]
        with over_sse(chat.api, reply_id, viewer=ADA) as events:
            read = [next(events)]
            process.terminate()
            until(lambda: client.get("/readyz").status_code == HTTPStatus.SERVICE_UNAVAILABLE)
            assert client.get("/readyz").json() == {"server": "draining"}
            answer = client.post("/graphql", json={"query": "{ plans { code } }"})
            assert (answer.status_code, answer.headers["connection"]) == (HTTPStatus.OK, "close")
            read.append(next(events))
            process.terminate()
            read += events
        process.wait(PATIENCE_SECONDS)
    assert read[-1]["__typename"] == "ReplyDelta"
    with over_sse(two[1].api, reply_id, viewer=ADA, after=read[-1]["index"]) as events:
        read += events
    *deltas, completed = read
    assert [one["index"] for one in deltas] == list(range(1, len(read)))
    text = "".join(one["text"] for one in deltas)
    assert (completed["__typename"], len(text.split())) == ("ReplyCompleted", 40)
    message = two[0].message(reply_id)
    assert (message["content"], message["generation"]["attempts"]) == (text, 2)
    assert ledger_differences(url) == []
