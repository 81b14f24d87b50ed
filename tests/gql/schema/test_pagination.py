"""Pages of lists: both directions, equal instants, rows that come and move, bad arguments."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gql.values.cursors import encode_cursor
from gql.values.ids import global_id, key_of
from tests.fixtures.run.examples import examples
from tests.fixtures.servers.server import Api, serving, settings_for
from tests.fixtures.stores.postgres import run
from tests.fixtures.stores.world import (
    ADA,
    ADAS_CONVERSATIONS,
    ADAS_REQUESTS,
    LONG_CONVERSATION,
    LONG_MESSAGES,
    NOW,
    changed_at,
    populate,
    written_at,
)

CONVERSATIONS = """
query ($first: Int, $after: String, $last: Int, $before: String, $status: ConversationStatus) {
  viewer {
    list: conversations(
      first: $first, after: $after, last: $last, before: $before, status: $status
    ) {
      edges { cursor node { id } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}"""
MESSAGES = """
query ($first: Int, $after: String, $last: Int, $before: String) {
  viewer {
    conversations(first: 1) { edges { node {
      list: messages(first: $first, after: $after, last: $last, before: $before) {
        edges { cursor node { id } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    } } }
  }
}"""
REQUESTS = """
query ($first: Int, $after: String) {
  viewer {
    list: privacyRequests(first: $first, after: $after) {
      edges { cursor node { id } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}"""
# Newest first; where instants are equal, the higher id first.
CONVERSATION_ORDER = sorted(
    ADAS_CONVERSATIONS, key=lambda key: (changed_at(key), key), reverse=True
)
MESSAGE_ORDER = sorted(LONG_MESSAGES, key=lambda key: (written_at(key), key))
REQUEST_ORDER = list(reversed(ADAS_REQUESTS))
SCOPE = f"conversations:{ADA}"


# Any: JSON.
def page(api: Api, document: str, **arguments: Any) -> tuple[list[int | None], dict[str, Any]]:
    """The row ids of a page, and its page info with the cursors checked and taken out."""
    found = api.data(document, arguments, viewer=ADA)["viewer"]
    if "conversations" in found:
        found = found["conversations"]["edges"][0]["node"]
    edges, info = found["list"]["edges"], found["list"]["pageInfo"]
    cursors = [edge["cursor"] for edge in edges]
    assert (info.pop("startCursor"), info.pop("endCursor")) == (
        (cursors[0], cursors[-1]) if cursors else (None, None)
    )
    ids = [edge["node"]["id"] for edge in edges]
    type_name = {CONVERSATIONS: "Conversation", MESSAGES: "Message", REQUESTS: "PrivacyRequest"}
    return [key_of(type_name[document], id_) for id_ in ids], info | {"cursors": cursors}


@pytest.mark.parametrize(
    ("document", "order"),
    [
        (CONVERSATIONS, CONVERSATION_ORDER),
        (MESSAGES, MESSAGE_ORDER),
        (REQUESTS, REQUEST_ORDER),
    ],
    ids=["conversations", "messages", "privacy requests"],
)
@pytest.mark.parametrize("size", [1, 7, 100])
def test_forward_pages_give_each_row_once_in_order(
    api: Api, document: str, order: Sequence[int], size: int
) -> None:
    seen: list[int | None] = []
    after = None
    while True:
        keys, info = page(api, document, first=size, after=after)
        assert info["hasPreviousPage"] is (after is not None)
        seen += keys
        if not info["hasNextPage"]:
            break
        after = info["cursors"][-1]
    assert seen == list(order)


@pytest.mark.parametrize(
    ("document", "order"),
    [(CONVERSATIONS, CONVERSATION_ORDER), (MESSAGES, MESSAGE_ORDER)],
    ids=["conversations", "messages"],
)
@pytest.mark.parametrize("size", [1, 7, 100])
def test_backward_pages_give_each_row_once_in_order(
    api: Api, document: str, order: Sequence[int], size: int
) -> None:
    seen: list[int | None] = []
    before = None
    while True:
        keys, info = page(api, document, last=size, before=before)
        assert info["hasNextPage"] is (before is not None)
        seen = keys + seen
        if not info["hasPreviousPage"]:
            break
        before = info["cursors"][0]
    assert seen == list(order)


@examples(60)
@given(
    is_backward=st.booleans(),
    size=st.integers(1, 100),
    after=st.none() | st.integers(0, len(CONVERSATION_ORDER) - 1),
    before=st.none() | st.integers(0, len(CONVERSATION_ORDER) - 1),
    status=st.sampled_from([None, "ACTIVE", "ARCHIVED"]),
)
def test_any_page_is_what_a_list_in_memory_would_give(
    api: Api,
    *,
    is_backward: bool,
    size: int,
    after: int | None,
    before: int | None,
    status: str | None,
) -> None:
    order = CONVERSATION_ORDER
    bounded = order[0 if after is None else after + 1 : before]
    expected = [key for key in bounded if status in {None, _status(key)}]
    expected = expected[-size:] if is_backward else expected[:size]
    keys, _ = page(
        api,
        CONVERSATIONS,
        **{"last" if is_backward else "first": size},
        after=None if after is None else _cursor(order[after]),
        before=None if before is None else _cursor(order[before]),
        status=status,
    )
    assert keys == expected


def test_a_page_has_twenty_by_default(api: Api) -> None:
    keys, info = page(api, CONVERSATIONS)
    assert keys == CONVERSATION_ORDER[:20]
    assert (info["hasNextPage"], info["hasPreviousPage"]) == (True, False)


def test_a_page_stays_while_rows_are_added_and_bumped(database_url: str, tmp_path: Path) -> None:
    asyncio.run(populate(database_url))
    with serving(settings_for(database_url, tmp_path)) as api:
        first, info = page(api, CONVERSATIONS, first=10)
        bumped = CONVERSATION_ORDER[30]
        changes = (
            f"UPDATE chat_conversations SET updated_at = '2026-02-20T10:00Z' WHERE id = {bumped}",
            (
                "INSERT INTO chat_conversations (user_id, title, updated_at) "
                f"VALUES ({ADA}, 'New', '2026-02-20T10:30Z')"
            ),
            f"DELETE FROM chat_messages WHERE conversation_id = {first[-1]}",
            f"DELETE FROM chat_conversations WHERE id = {first[-1]}",
        )
        asyncio.run(run(database_url, *changes))
        rest, _ = page(api, CONVERSATIONS, first=100, after=info["cursors"][-1])
    assert rest == [key for key in CONVERSATION_ORDER[10:] if key != bumped]


@pytest.mark.parametrize("argument", ["first", "last"])
@pytest.mark.parametrize("size", [0, -1, 101, -2_147_483_648])
@pytest.mark.parametrize("document", [CONVERSATIONS, MESSAGES])
def test_sizes_that_are_not_from_1_to_100(
    api: Api, document: str, argument: str, size: int
) -> None:
    assert api.error(document, {argument: size}, viewer=ADA) == (
        "BAD_USER_INPUT",
        f"`{argument}` must be from 1 to 100, not {size}.",
    )


@pytest.mark.parametrize("document", [CONVERSATIONS, MESSAGES])
def test_the_largest_size_costs_too_much(api: Api, document: str) -> None:
    code, _ = api.error(document, {"first": 2_147_483_647}, viewer=ADA)
    assert code == "OPERATION_COST_EXCEEDED"


def test_first_and_last_together(api: Api) -> None:
    assert api.error(CONVERSATIONS, {"first": 1, "last": 1}, viewer=ADA) == (
        "BAD_USER_INPUT",
        "Ask for `first` or for `last`, not for both.",
    )


@pytest.mark.parametrize("argument", ["after", "before"])
@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "ü" * 32,
        _ADAS := encode_cursor(SCOPE, NOW, 7)[:-1],
        _ADAS + ("A" if encode_cursor(SCOPE, NOW, 7)[-1] != "A" else "B"),
        encode_cursor("conversations:2", NOW, 7),
        encode_cursor(f"messages:{LONG_CONVERSATION}", NOW, 7),
    ],
    ids=["empty", "short", "not ASCII", "cut", "changed", "another person's", "another list's"],
)
def test_cursors_that_are_not_of_the_list(api: Api, argument: str, cursor: str) -> None:
    assert api.error(CONVERSATIONS, {argument: cursor}, viewer=ADA) == (
        "BAD_USER_INPUT",
        "This is not a cursor of this list.",
    )


def test_a_cursor_of_a_row_that_is_gone_still_marks_its_place(api: Api) -> None:
    gone = encode_cursor(SCOPE, changed_at(5) - timedelta(minutes=1), 999)
    keys, info = page(api, CONVERSATIONS, first=3, after=gone)
    assert keys == [6, 7, 8]
    assert info["hasPreviousPage"]


def test_a_cursor_is_good_in_every_status(api: Api) -> None:
    keys, _ = page(api, CONVERSATIONS, first=2, after=_cursor(4), status="ARCHIVED")
    assert keys == [6, 9]


def test_several_pages_of_one_list_in_one_request(api: Api) -> None:
    document = """query ($id: ID!) { conversation(id: $id) {
      start: messages(first: 2) { edges { node { content } } }
      end: messages(last: 2) { edges { node { content } } }
      lastMessage { content }
    } }"""
    variables = {"id": global_id("Conversation", LONG_CONVERSATION)}
    assert api.data(document, variables, viewer=ADA)["conversation"] == {
        "start": {"edges": [{"node": {"content": f"Message {key}"}} for key in (1, 2)]},
        "end": {"edges": [{"node": {"content": f"Message {key}"}} for key in (29, 30)]},
        "lastMessage": {"content": "Message 30"},
    }


def _cursor(conversation: int) -> str:
    return encode_cursor(SCOPE, changed_at(conversation), conversation)


def _status(conversation: int) -> str:
    return "ARCHIVED" if conversation % 3 == 0 else "ACTIVE"
