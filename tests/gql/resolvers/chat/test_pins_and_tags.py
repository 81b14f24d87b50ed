"""Conversations that are pinned and tagged: the lists of them, and what is refused."""

from typing import Any

import pytest

from tests.fixtures.servers.chat import Chat, conversation_id
from tests.fixtures.stores.world import ADA, GRACE, GRACES_CONVERSATION

PIN = """mutation ($input: PinConversationInput!) { pinConversation(input: $input) {
  conversation { id isPinned } userErrors { code field } } }"""
TAG = """mutation ($input: SetConversationTagsInput!) { setConversationTags(input: $input) {
  conversation { id tags } userErrors { code field } } }"""
LIST = """query ($first: Int, $after: String, $status: ConversationStatus, $pinned: Boolean,
  $tag: String) { viewer { tags conversations(
    first: $first, after: $after, status: $status, pinned: $pinned, tag: $tag
  ) { totalCount edges { node { id isPinned tags } } pageInfo { hasNextPage endCursor } } } }"""
ARCHIVE = """mutation ($input: ConversationInput!) { archiveConversation(input: $input) {
  userErrors { code } } }"""
DELETE = """mutation ($input: ConversationInput!) { deleteConversation(input: $input) {
  userErrors { code } } }"""


def started(chat: Chat) -> str:
    return str(chat.send("What to do?")["conversation"]["id"])


def set_tags(chat: Chat, place: str, *tags: str) -> dict[str, Any]:
    return chat.payload(TAG, {"conversationId": place, "tags": list(tags)})


def pin(chat: Chat, place: str, *, is_pinned: bool = True) -> dict[str, Any]:
    return chat.payload(PIN, {"conversationId": place, "isPinned": is_pinned})


# Any: variables are JSON.
def listed(chat: Chat, **variables: Any) -> list[str]:
    """The ids that a list gives, page by page, which are as many as it says."""
    found: list[str] = []
    page: dict[str, Any] = {"hasNextPage": True, "endCursor": None}
    while page["hasNextPage"]:
        asked = {"first": 2, "after": page["endCursor"]} | variables
        connection = chat.api.data(LIST, asked, viewer=ADA)["viewer"]["conversations"]
        found += [edge["node"]["id"] for edge in connection["edges"]]
        page = connection["pageInfo"]
    assert connection["totalCount"] == len(found)
    return found


def tags_of(chat: Chat, viewer: int = ADA) -> list[str]:
    tags: list[str] = chat.api.data(LIST, {"first": 1}, viewer=viewer)["viewer"]["tags"]
    return tags


def test_pinned_conversations_are_a_list_of_their_own(chat: Chat) -> None:
    places = [started(chat) for _ in range(3)]
    for place in places:
        assert pin(chat, place) == {
            "conversation": {"id": place, "isPinned": True},
            "userErrors": [],
        }
    pinned = listed(chat, pinned=True)
    assert pinned[:3] == places[::-1]
    chat.payload(ARCHIVE, {"conversationId": places[1]})
    assert listed(chat, pinned=True, status="ACTIVE")[:2] == [places[2], places[0]]
    assert pin(chat, places[0], is_pinned=False)["conversation"]["isPinned"] is False
    assert listed(chat, pinned=True)[:2] == [places[2], places[1]]
    assert set(places) & set(listed(chat, pinned=False, first=100)) == {places[0]}


def test_tags_are_a_set_that_is_replaced(chat: Chat) -> None:
    place, other = started(chat), started(chat)
    given = set_tags(chat, place, " work ", "Äpfel", "work", "A\u0308pfel", "banana")
    assert given == {
        "conversation": {"id": place, "tags": ["banana", "work", "Äpfel"]},
        "userErrors": [],
    }
    set_tags(chat, other, "work", "zoo")
    assert {"banana", "work", "zoo", "Äpfel"} <= set(tags_of(chat))
    assert (listed(chat, tag="work"), listed(chat, tag="zoo")) == ([other, place], [other])
    assert listed(chat, tag="A\u0308pfel ") == [place]
    assert set_tags(chat, place, "garden")["conversation"]["tags"] == ["garden"]
    assert (listed(chat, tag="work"), listed(chat, tag="banana")) == ([other], [])
    assert set_tags(chat, place)["conversation"]["tags"] == []
    assert "garden" not in tags_of(chat)


def test_a_message_moves_a_conversation_to_the_front_of_its_tags(chat: Chat) -> None:
    places = [started(chat) for _ in range(3)]
    for place in places:
        set_tags(chat, place, "moving")
    assert listed(chat, tag="moving") == places[::-1]
    chat.send("More", conversationId=places[0])
    assert listed(chat, tag="moving") == [places[0], places[2], places[1]]
    pin(chat, places[2])
    assert listed(chat, tag="moving", pinned=True) == [places[2]]
    assert listed(chat, tag="moving", pinned=False) == [places[0], places[1]]
    chat.payload(ARCHIVE, {"conversationId": places[1]})
    assert listed(chat, tag="moving", status="ARCHIVED") == [places[1]]
    chat.payload(DELETE, {"conversationId": places[0]})
    assert listed(chat, tag="moving") == [places[2], places[1]]


@pytest.mark.parametrize(
    ("tags", "code", "field"),
    [
        (["x" * 41], "INVALID_INPUT", "tags"),
        ([""], "INVALID_INPUT", "tags"),
        ([" \u2003"], "INVALID_INPUT", "tags"),
        (["a\nb"], "INVALID_INPUT", "tags"),
        (["a\0b"], "INVALID_INPUT", "tags"),
        (["\u202e"], "INVALID_INPUT", "tags"),
        ([f"tag {number}" for number in range(21)], "INVALID_INPUT", "tags"),
        (["fine"] * 21, "INVALID_INPUT", "tags"),
    ],
)
def test_tags_that_are_none(chat: Chat, tags: list[str], code: str, field: str) -> None:
    place = started(chat)
    set_tags(chat, place, "kept")
    before = chat.contents()
    refused = set_tags(chat, place, *tags)
    assert refused == {
        "conversation": None,
        "userErrors": [{"code": code, "field": ["input", field]}],
    }
    assert chat.contents() == before


def test_tags_of_any_script_are_found_again(chat: Chat) -> None:
    place = started(chat)
    tags = ["👨\u200d👩\u200d👧", "עולם", "ภาษาไทย", "%_'\\\"", "북한"]
    assert sorted(set_tags(chat, place, *tags)["conversation"]["tags"]) == sorted(tags)
    assert [listed(chat, tag=tag) for tag in tags] == [[place]] * len(tags)
    set_tags(chat, place)


def test_twenty_of_forty_characters(chat: Chat) -> None:
    place, tags = started(chat), [chr(0x1F600 + number) * 40 for number in range(20)]
    assert set_tags(chat, place, *tags)["conversation"]["tags"] == tags
    set_tags(chat, place)


@pytest.mark.parametrize("place", [conversation_id(GRACES_CONVERSATION), conversation_id(10**15)])
def test_conversations_of_strangers_are_not_found(chat: Chat, place: str) -> None:
    before = chat.contents()
    not_found = [{"code": "NOT_FOUND", "field": ["input", "conversationId"]}]
    assert pin(chat, place)["userErrors"] == not_found
    assert set_tags(chat, place, "mine")["userErrors"] == not_found
    assert chat.contents() == before
    assert tags_of(chat, GRACE) == []


def test_a_filter_that_nothing_passes(chat: Chat) -> None:
    assert listed(chat, tag="nowhere") == []
    assert listed(chat, tag="") == []
    assert listed(chat, tag="\0") == []
