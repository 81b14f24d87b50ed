"""What a call of a tool may take: cost, bytes, its share of a day, and time."""

import asyncio

from mcp import Client

from tests.app.graphql.pipeline.locked_table import Locked, locked
from tests.app.graphql.transports.mcp.conftest import Tools
from tests.app.graphql.transports.mcp.tool_calls import ERAS, as_, call, statements, text_of
from tests.captured_logs import capture_logs
from tests.fixtures.stores.postgres import rows_of
from tests.fixtures.stores.world import ADA, GRACE
from tests.waiting import until


def test_too_expensive_is_refused_before_any_statement(tools: Tools) -> None:
    with capture_logs() as logs:
        refused = call(tools, "Cheap", {"first": 60})
    assert text_of(refused) == (
        "Not run: this call would cost 61 units, and one may cost 20. `viewer.conversations` asks "
        "for 60 (60 units): ask for at most 19 by `first`."
    )
    assert statements(logs) == 0
    assert not call(tools, "Cheap", {"first": 19}).is_error


def test_the_day_is_over_when_its_budget_is(tools: Tools) -> None:
    """Each call leaves what it did not take; the others of the day have the rest."""
    size = len(text_of(call(tools, "Daily")))
    assert size == 37
    done = 1
    while not (result := call(tools, "Daily")).is_error:
        done += 1
    assert done == (250 - 100) // size + 1
    with capture_logs() as logs:
        result = call(tools, "Daily")
    left = 250 - done * size
    assert text_of(result) == (
        f"Not run: today's budget of this tool is used up. {left} of 250 bytes of answers are "
        "left, and this call may need 100. It is whole again at midnight UTC, in 52,200 seconds. "
        "Until then ask for less, or do without it."
    )
    assert statements(logs) == 0
    assert not call(tools, "Daily", viewer=GRACE).is_error


def test_many_at_once_do_not_exceed_it(tools: Tools) -> None:
    async def rushing(client: Client) -> list[bool]:
        with_all = [client.call_tool("Rush") for _ in range(8)]
        return [one.is_error for one in await asyncio.gather(*with_all)]

    failed = as_(tools, ADA, rushing)
    assert failed.count(False) >= 3
    assert not call(tools, "Rush").is_error


def test_an_answer_that_is_too_large_is_not_given(tools: Tools) -> None:
    said = text_of(call(tools, "Tiny"))
    assert said == (
        "The answer has 67 bytes, and one may have 10, so it is not given. Ask for less: fewer "
        "items, or a smaller page."
    )
    done = text_of(call(tools, "Done", {"input": {"idempotencyKey": "too large"}}))
    assert done.startswith("The change was made; do not make it again. The answer has ")


def test_a_dry_run_tells_the_cost_and_runs_nothing(tools: Tools) -> None:
    with capture_logs() as logs:
        dry = call(tools, "Titles", {"first": 7}, meta={"guidance-api/dryRun": True})
    report = dry.structured_content
    assert (report["dryRun"], report["cost"], report["wouldRun"]) == (True, 8, True)
    assert report["leftToday"]["cost"] <= 50_000
    assert statements(logs) == 0
    key = {"idempotencyKey": "dry run", "title": "Only tried"}
    call(tools, "Start", {"input": key}, meta={"guidance-api/dryRun": True})
    started = asyncio.run(
        rows_of(tools.database_url, "SELECT 1 FROM chat_conversations WHERE title = 'Only tried'")
    )
    assert started == []
    bad = call(tools, "Titles", {"first": "x"}, meta={"guidance-api/dryRun": True})
    assert bad.is_error


def test_a_cancelled_query_is_given_up(tools: Tools) -> None:
    async def cancelling(client: Client) -> None:
        await started_and_cancelled(client, table)
        while await asyncio.to_thread(table.waiting):
            await asyncio.sleep(0.01)

    with locked(tools.database_url) as table:
        as_(tools, GRACE, cancelling)


@ERAS
def test_the_query_of_an_agent_that_leaves_is_given_up(tools: Tools, mode: str) -> None:
    with locked(tools.database_url) as table:
        as_(tools, GRACE, lambda client: started_and_cancelled(client, table), mode=mode)
        until(lambda: not table.waiting())


async def started_and_cancelled(client: Client, table: Locked) -> None:
    """Call what waits for the table, and cancel the call."""
    calling = asyncio.create_task(client.call_tool("Plans"))
    while not await asyncio.to_thread(table.waiting):
        await asyncio.sleep(0.01)
    calling.cancel()
    await asyncio.gather(calling, return_exceptions=True)


def test_a_query_that_takes_too_long_is_given_up(tools: Tools) -> None:
    with locked(tools.database_url):
        result = call(tools, "Slow")
    assert text_of(result).startswith("Given up: the answer took longer than 0.2 s")
