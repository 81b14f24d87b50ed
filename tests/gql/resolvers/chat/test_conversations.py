"""Conversations: started, named, archived, deleted."""

from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex
from typing import Any

import pytest

from tests.fixtures.servers.chat import SEND, STOP, Chat, conversation_id, message_id
from tests.fixtures.stores.world import ADA, GRACE, GRACES_CONVERSATION, LONG_CONVERSATION, NOW
from tests.gql.resolvers.chat.conversation_documents import (
    ARCHIVE,
    DELETE,
    RENAME,
    START,
    UNARCHIVE,
)
from tests.waiting import until

NOBODYS = conversation_id(987_654)


def start(chat: Chat, **input_: Any) -> dict[str, Any]:
    return chat.payload(START, {"idempotencyKey": token_hex()} | input_)


def refusal(payload: dict[str, Any]) -> tuple[str, str | None]:
    """Code and member of the only refusal of a payload that gives nothing else."""
    (error,) = payload.pop("userErrors")
    assert set(payload.values()) == {None}
    assert error["retryAfterSeconds"] is None
    assert error["field"] is None or error["field"][0] == "input"
    return error["code"], error["field"] and error["field"][1]


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ({}, "New conversation"),
        ({"title": None}, "New conversation"),
        ({"title": "  Plans "}, "Plans"),
        ({"title": "🙂" * 120}, "🙂" * 120),
    ],
)
def test_a_new_conversation(chat: Chat, given: dict[str, Any], title: str) -> None:
    started = start(chat, **given)
    assert started["conversation"].pop("id")
    instant = NOW.isoformat().replace("+00:00", "Z")
    assert started == {
        "conversation": {
            "title": title,
            "status": "ACTIVE",
            "createdAt": instant,
            "updatedAt": instant,
            "messageCount": 0,
        },
        "userErrors": [],
    }


def test_starting_again_with_the_same_key(chat: Chat) -> None:
    key = token_hex()
    started = start(chat, idempotencyKey=key, title="One")
    before = chat.contents()
    assert start(chat, idempotencyKey=key, title="One") == started
    other = start(chat, idempotencyKey=key, title="Two")
    assert refusal(other) == ("IDEMPOTENCY_KEY_REUSED", "idempotencyKey")
    sent = chat.send(idempotencyKey=key)
    assert sent["userErrors"][0]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert chat.contents() == before


def test_a_title_of_its_own_is_kept_and_none_comes_from_the_first_message(chat: Chat) -> None:
    named, unnamed = (start(chat, **one)["conversation"]["id"] for one in ({"title": "Own"}, {}))
    assert chat.send("Hello?", conversationId=named)["conversation"]["title"] == "Own"
    long = "How do I begin\nto write a letter to somebody whom I have not met for years?"
    sent = chat.send(long, conversationId=unnamed)
    title = "How do I begin to write a letter to somebody whom I have…"
    assert sent["conversation"]["title"] == title
    assert chat.send("More", conversationId=unnamed)["conversation"]["title"] == title


@pytest.mark.parametrize("title", ["", "  ", "x" * 121, "two\nlines", "a\0b"])
def test_a_title_that_cannot_be(chat: Chat, title: str) -> None:
    before = chat.contents()
    assert refusal(start(chat, title=title)) == ("INVALID_INPUT", "title")
    place = {"conversationId": conversation_id(LONG_CONVERSATION), "title": title}
    assert refusal(chat.payload(RENAME, place)) == ("INVALID_INPUT", "title")
    assert chat.contents() == before


def test_naming_and_putting_away_move_nothing(chat: Chat) -> None:
    conversation = start(chat)["conversation"]
    place = {"conversationId": conversation["id"]}
    renamed = chat.payload(RENAME, place | {"title": " Other "})
    conversation["title"] = "Other"
    assert renamed == {"conversation": conversation, "userErrors": []}
    for _ in range(2):
        archived = chat.payload(ARCHIVE, place)["conversation"]
        assert archived == conversation | {"status": "ARCHIVED"}
    for _ in range(2):
        assert chat.payload(UNARCHIVE, place) == renamed


def test_a_message_takes_a_conversation_out_of_the_archive(chat: Chat) -> None:
    place = {"conversationId": start(chat)["conversation"]["id"]}
    chat.payload(ARCHIVE, place)
    assert chat.send(**place)["conversation"]["status"] == "ACTIVE"


def test_each_payload_of_a_document_is_of_its_own_moment(chat: Chat) -> None:
    place = {"conversationId": start(chat)["conversation"]["id"]}
    document = """mutation ($one: RenameConversationInput!, $two: RenameConversationInput!,
        $place: ConversationInput!) {
      one: renameConversation(input: $one) { conversation { title status } }
      put: archiveConversation(input: $place) { conversation { title status } }
      two: renameConversation(input: $two) { conversation { title status } }
      gone: deleteConversation(input: $place) { deletedConversationId }
      late: renameConversation(input: $one) { conversation { title } userErrors { code } }
    }"""
    variables = {
        "one": place | {"title": "One"},
        "two": place | {"title": "Two"},
        "place": place,
    }
    assert chat.api.data(document, variables, viewer=ADA) == {
        "one": {"conversation": {"title": "One", "status": "ACTIVE"}},
        "put": {"conversation": {"title": "One", "status": "ARCHIVED"}},
        "two": {"conversation": {"title": "Two", "status": "ARCHIVED"}},
        "gone": {"deletedConversationId": place["conversationId"]},
        "late": {"conversation": None, "userErrors": [{"code": "NOT_FOUND"}]},
    }


def test_deleting_takes_messages_and_reply_along_and_gives_the_unit_back(chat: Chat) -> None:
    used = chat.used()
    chat.stand_in.next({"hang_after": 3})
    sent = chat.send(delivery="STREAM")
    chat.stand_in.wait_for(running=1)
    place = {"conversationId": sent["conversation"]["id"]}
    assert chat.payload(DELETE, place) == {
        "deletedConversationId": place["conversationId"],
        "userErrors": [],
    }
    ids = [sent[name]["id"] for name in ("conversation", "message", "reply")]
    nodes = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert chat.api.data(nodes, {"ids": ids}, viewer=ADA) == {"nodes": [None] * 3}
    assert chat.used() == used
    chat.stand_in.wait_for(running=0, cancelled=1)
    assert chat.rows("SELECT count(*) FROM reply_generations") == [(0,)]
    assert refusal(chat.payload(DELETE, place)) == ("NOT_FOUND", "conversationId")
    stopped = chat.payload(STOP, {"messageId": ids[2]})
    assert refusal(stopped) == ("NOT_FOUND", "messageId")


def test_who_waits_for_a_reply_that_is_deleted_gets_an_error(chat: Chat) -> None:
    place = {"conversationId": start(chat)["conversation"]["id"]}
    chat.stand_in.next({"hang_after": 3})
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(chat.send, **place)
        chat.stand_in.wait_for(running=1)
        chat.payload(DELETE, place)
        assert refusal(waiting.result()) == ("NOT_FOUND", None)
    chat.stand_in.wait_for(running=0)


@pytest.mark.parametrize("id_", [conversation_id(LONG_CONVERSATION), NOBODYS, "", "x", "\0"])
@pytest.mark.parametrize("document", [RENAME, ARCHIVE, UNARCHIVE, DELETE, SEND])
def test_what_is_not_hers_answers_like_what_is_not_there(
    chat: Chat, document: str, id_: str
) -> None:
    before = chat.contents()
    input_ = {"conversationId": id_}
    if document == RENAME:
        input_["title"] = "Mine"
    if document == SEND:
        input_ |= {"content": "Hello?", "idempotencyKey": token_hex()}
    payload = chat.payload(document, input_, viewer=GRACE)
    assert refusal(payload) == ("NOT_FOUND", "conversationId")
    assert chat.contents() == before


def test_the_id_of_something_else(chat: Chat) -> None:
    before = chat.contents()
    for id_ in (message_id(GRACES_CONVERSATION), "VXNlcjox"):
        payload = chat.payload(DELETE, {"conversationId": id_}, viewer=GRACE)
        assert refusal(payload) == ("NOT_FOUND", "conversationId")
    assert chat.contents() == before


def test_many_at_once_in_one_conversation_keep_their_order(chat: Chat) -> None:
    place = {"conversationId": start(chat)["conversation"]["id"]}

    def send(number: int) -> dict[str, Any]:
        """Send until no other message is being answered."""
        key = token_hex()
        while True:
            sent = chat.send(f"{number}", idempotencyKey=key, **place)
            if [error["code"] for error in sent["userErrors"]] != ["CONFLICT"]:
                return sent

    with ThreadPoolExecutor(8) as pool:
        sends = list(pool.map(send, range(8)))
    assert [one["userErrors"] for one in sends] == [[]] * 8
    document = """query ($id: ID!) { conversation(id: $id) { updatedAt
      messages { edges { node { id createdAt role } } } } }"""
    conversation = chat.api.data(document, {"id": place["conversationId"]}, viewer=ADA)[
        "conversation"
    ]
    nodes = [edge["node"] for edge in conversation["messages"]["edges"]]
    assert [node["role"] for node in nodes] == ["USER", "ASSISTANT"] * 8
    pairs = {(one["message"]["id"], one["reply"]["id"]) for one in sends}
    ids = [node["id"] for node in nodes]
    assert set(zip(ids[::2], ids[1::2], strict=True)) == pairs
    assert nodes[-1]["createdAt"] == conversation["updatedAt"]
    until(lambda: chat.rows("SELECT count(*) FROM reply_generations") == [(0,)])
