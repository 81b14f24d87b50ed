"""Partial results stay partial: whoever fails takes nothing away from anybody else.

A field that cannot be null takes its parent with it, at once, while its siblings' loaders wait for
the database; the same loaders serve the others.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fixtures.clients.peer import peer
from tests.fixtures.run.examples import examples
from tests.fixtures.servers.server import Api
from tests.fixtures.stores.world import ADA

GOOD = (
    "id",
    "subscription { status plan { code } }",
    "quota { used limit }",
    "conversations(first: 2) { edges { node { title lastMessage { content } } } }",
    "last: conversations(last: 3) { edges { node { messages(first: 2) { edges { cursor } } } } }",
    "latestPrivacyRequest(kind: EXPORT) { id }",
)
BAD = "fails: conversations(first: 0) { totalCount }"
CODE = "BAD_USER_INPUT"
SELECTIONS = st.lists(
    st.tuples(st.lists(st.sampled_from(GOOD), min_size=1, max_size=4, unique=True), st.booleans()),
    min_size=2,
    max_size=5,
)
# Any: answers are JSON.
Send: TypeAlias = Callable[[str], dict[str, Any]]
often = examples(25)


@pytest.fixture(scope="module")
def alone(api: Api) -> dict[str, Any]:
    """What each field gives when nothing else is requested."""
    return {field: api.data(f"{{ viewer {{ {field} }} }}", viewer=ADA)["viewer"] for field in GOOD}


def check(send: Send, alone: dict[str, Any], selections: list[tuple[list[str], bool]]) -> None:
    """Ask for several people, all Ada, of whom some are spoilt."""
    people = [
        f"p{number}: viewer {{ {' '.join([*fields, BAD] if fails else fields)} }}"
        for number, (fields, fails) in enumerate(selections)
    ]
    body = send(f"query {{ {' '.join(people)} }}")
    for number, (fields, fails) in enumerate(selections):
        wanted: dict[str, Any] = {}
        for field in fields:
            wanted |= alone[field]
        assert body["data"][f"p{number}"] == (None if fails else wanted)
    reported = [(error["path"], error["extensions"]["code"]) for error in body.get("errors", ())]
    spoilt = [number for number, (_, fails) in enumerate(selections) if fails]
    assert sorted(reported) == [([f"p{number}", "fails"], CODE) for number in spoilt]


@often
@given(selections=SELECTIONS)
def test_over_http(api: Api, alone: dict[str, Any], selections: Any) -> None:
    check(lambda query: api.ask(query, viewer=ADA), alone, selections)


@often
@given(several=st.lists(SELECTIONS, min_size=1, max_size=3))
def test_over_a_socket_which_stays_open(api: Api, alone: dict[str, Any], several: Any) -> None:
    address = str(api.http.base_url).replace("http", "ws") + "/graphql"
    with peer(address) as client:
        client.init(api.credentials(ADA))

        def send(query: str) -> dict[str, Any]:
            (answer,) = client.answers("1", query)
            body: dict[str, Any] = answer
            return body

        for selections in several:
            check(send, alone, selections)
