"""`onError`: what an error of a field does to the answer, over every transport."""

import gc
from secrets import token_hex
from typing import Any

import pytest

from tests.app.graphql.pipeline.test_incremental import PARTS, parts_of, whole
from tests.app.graphql.transports.http.test_sse import events
from tests.fixtures.clients.peer import peer
from tests.fixtures.servers.chat import Chat
from tests.fixtures.servers.live import Live
from tests.fixtures.servers.server import Api
from tests.fixtures.servers.watched import WATCH
from tests.fixtures.stores.world import ADA

THINGS = "{ things { name unsound } who }"
NAMES = ("one", "two", "three")
PLACES = [["things", place, "unsound"] for place in range(3)]
# Any: answers are JSON.
DATA: dict[str, Any] = {
    "PROPAGATE": None,
    "NULL": {"things": [{"name": name, "unsound": None} for name in NAMES], "who": "nobody"},
    "HALT": None,
}
ERRORS = {"PROPAGATE": PLACES[:1], "NULL": PLACES, "HALT": PLACES[:1]}
EVERY = pytest.mark.parametrize("behavior", list(DATA))


def data_and_errors(body: dict[str, Any]) -> tuple[Any, list[Any]]:
    """The data, and where the errors are, of which none is told twice."""
    return body["data"], [error["path"] for error in body.get("errors", ())]


@EVERY
@pytest.mark.parametrize("times", [1, 3])
def test_posted(live: Live, behavior: str, times: int) -> None:
    """The second time it is compiled, and steps back."""
    body = {"query": THINGS, "onError": behavior}
    for _ in range(times):
        answer = live.http.post("/graphql", json=body)
        assert data_and_errors(answer.json()) == (DATA[behavior], ERRORS[behavior])


@EVERY
def test_in_a_url(live: Live, behavior: str) -> None:
    answer = live.http.get(
        "/graphql",
        params={"query": THINGS, "onError": behavior},
        headers={"content-type": "application/json"},
    )
    assert data_and_errors(answer.json()) == (DATA[behavior], ERRORS[behavior])


@EVERY
def test_over_a_socket(live: Live, behavior: str) -> None:
    with peer(live.socket_address) as client:
        (body,) = client.init().answers("1", THINGS, onError=behavior)
    assert data_and_errors(body) == (DATA[behavior], ERRORS[behavior])


def test_what_asks_for_nothing_propagates_as_before(live: Live) -> None:
    for absent in ({}, {"onError": None}):
        answer = live.http.post("/graphql", json={"query": THINGS, **absent}).json()
        assert data_and_errors(answer) == (DATA["PROPAGATE"], ERRORS["PROPAGATE"])


@pytest.mark.parametrize("other", ["null", "ABORT", "", 1, True, ["NULL"], {"NULL": 1}])
def test_any_other_value_is_refused(live: Live, other: object) -> None:
    answer = live.http.post("/graphql", json={"query": THINGS, "onError": other})
    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (
        400,
        "`onError` must be PROPAGATE, NULL, HALT.",
    )


def test_events_of_a_subscription_go_on_after_one_has_halted(live: Live) -> None:
    answer = live.http.post(
        "/graphql",
        json={"query": "subscription { count(to: 3) { number sound } }", "onError": "HALT"},
        headers={"accept": "text/event-stream"},
    )
    assert [data_and_errors(event) for event in events(answer)] == [
        ({"count": {"number": 1, "sound": True}}, []),
        (None, [["count", "sound"]]),
        ({"count": {"number": 3, "sound": True}}, []),
    ]


def test_a_deferred_part_nulls_its_own_field(live: Live) -> None:
    query = "query Things { things { name } ... @defer { fails things { unsound } } }"
    answer = live.http.post(
        "/graphql", json={"query": query, "onError": "NULL"}, headers={"accept": PARTS}
    )
    things = [{"name": name, "unsound": None} for name in NAMES]
    assert whole(parts_of(answer)) == {"fails": None, "things": things}


# What is given up before it began is a coroutine that nobody awaits: graphql-core leaves it so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
def test_a_deferred_part_that_fails_is_the_last_where_it_halts(live: Live) -> None:
    """What still waits is given up: `slow` waits at a gate that nobody opens."""
    query = """query Things { who ... @defer(label: "bad") { fails }
      ... @defer(label: "good") { things { slow(name: "halted") } } }"""
    answer = live.http.post(
        "/graphql", json={"query": query, "onError": "HALT"}, headers={"accept": PARTS}
    )
    WATCH.gate.set()
    gc.collect()
    first, last = parts_of(answer)
    assert (first["data"], [one["label"] for one in first["pending"]]) == (
        {"who": "nobody"},
        ["bad", "good"],
    )
    assert (last["hasNext"], last.get("incremental")) == (False, None)
    assert [(one["id"], one["errors"][0]["path"]) for one in last["completed"]] == [
        (one["id"], ["fails"]) for one in first["pending"]
    ]


def test_a_field_of_ours_that_fails_leaves_its_siblings(api: Api) -> None:
    query = "{ viewer { id fails: conversations(first: 0) { totalCount } quota { used } } }"
    answer = api.http.post(
        "/graphql", json={"query": query, "onError": "NULL"}, headers=api.credentials(ADA)
    ).json()
    assert answer["data"]["viewer"]["fails"] is None
    assert answer["data"]["viewer"]["quota"] == {"used": answer["data"]["viewer"]["quota"]["used"]}
    assert [error["path"] for error in answer["errors"]] == [["viewer", "fails"]]


@pytest.mark.parametrize(("behavior", "started"), [("NULL", 1), ("PROPAGATE", 0), ("HALT", 0)])
def test_after_a_field_of_a_mutation_has_failed(chat: Chat, behavior: str, started: int) -> None:
    """The next one is run only where the error nulls its own field."""
    query = """mutation ($key: String!) {
      fails: generateGuidance(input: {situation: "", objective: "", idempotencyKey: $key}) { text }
      startConversation(input: {idempotencyKey: $key}) { conversation { id } } }"""
    count = "{ viewer { conversations { totalCount } } }"
    api = chat.api

    def total() -> int:
        found: int = api.data(count, viewer=ADA)["viewer"]["conversations"]["totalCount"]
        return found

    before = total()
    body = {"query": query, "variables": {"key": token_hex()}, "onError": behavior}
    answer = api.http.post("/graphql", json=body, headers=api.credentials(ADA)).json()
    assert [error["path"] for error in answer["errors"]] == [["fails"]]
    assert (answer["data"] is None) is not started
    assert total() == before + started
