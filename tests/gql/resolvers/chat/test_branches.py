"""The tree of messages over HTTP: edited, answered again, continued elsewhere, chosen, deleted."""

from collections.abc import Callable
from secrets import token_hex
from typing import Any

import pytest

from tests.fixtures.servers.chat import (
    STOP,
    Chat,
    conversation_id,
    ledger_differences,
    message_id,
)
from tests.fixtures.stores.world import (
    ADA,
    GRACE,
    GRACES_MESSAGE,
    LONG_CONVERSATION,
    LONG_MESSAGES,
)
from tests.gql.resolvers.chat.branching_conversation import (
    DELETE,
    PATH,
    SELECT,
    SIBLINGS,
    Conversation,
    asked,
    done,
    refusal,
)


def test_an_edited_message_is_a_sibling_and_the_old_branch_stays(chat: Chat) -> None:
    talk = Conversation(chat)
    two = talk.send("Two")
    used = chat.used()
    edited = done(talk.edit(two["message"]["id"], " Two, but better "))
    assert (edited["message"]["content"], edited["reply"]["status"]) == (
        "Two, but better",
        "COMPLETE",
    )
    assert chat.used() == used + 1
    assert asked(chat) == ["One", talk.first["reply"]["content"], "Two, but better"]
    assert talk.questions() == ["One", "Two, but better"]
    assert talk.questions(two["message"]["id"]) == ["One", "Two"]
    last = talk.path()[2]
    both = [two["message"]["id"], edited["message"]["id"]]
    assert (last["parent"]["id"], last["siblingCount"], last["siblingIndex"]) == (
        talk.first["reply"]["id"],
        2,
        1,
    )
    assert [edge["node"]["id"] for edge in last["siblings"]["edges"]] == both
    assert ledger_differences(chat.database_url) == []


def test_the_first_message_can_be_edited_as_well(chat: Chat) -> None:
    talk = Conversation(chat)
    talk.send("Two")
    edited = done(talk.edit(talk.first["message"]["id"], "Another one"))
    assert edited["conversation"] == {
        "id": talk.id,
        "title": "One",
        "status": "ACTIVE",
        "messageCount": 6,
    }
    assert asked(chat) == ["Another one"]
    assert [(one["parent"], one["siblingIndex"]) for one in talk.path()][:1] == [(None, 1)]


def test_another_reply_is_a_sibling(chat: Chat) -> None:
    talk = Conversation(chat)
    talk.send("Two")
    again = done(talk.regenerate(talk.first["reply"]["id"]))
    assert again["message"]["id"] == talk.first["message"]["id"]
    assert asked(chat) == ["One"]
    assert [one["id"] for one in talk.path()] == [again["message"]["id"], again["reply"]["id"]]
    reply = talk.path()[-1]
    assert (reply["siblingCount"], reply["siblingIndex"]) == (2, 1)
    assert talk.questions(talk.first["reply"]["id"]) == ["One", "Two"]


def test_two_clients_on_two_branches_do_not_meet(chat: Chat) -> None:
    talk = Conversation(chat)
    one = talk.send("Two")["reply"]
    other = done(talk.edit(talk.path()[2]["id"], "Another two"))["reply"]
    three = talk.send("Three", one["id"])
    assert asked(chat)[::2] == ["One", "Two", "Three"]
    talk.send("Another three", other["id"])
    assert asked(chat)[::2] == ["One", "Another two", "Another three"]
    talk.send("Four", three["reply"]["id"])
    assert talk.questions() == ["One", "Two", "Three", "Four"]
    assert talk.questions(other["id"]) == ["One", "Another two", "Another three"]


def test_the_conversation_of_a_parent_need_not_be_named(chat: Chat) -> None:
    talk = Conversation(chat)
    sent = done(chat.send("Two", parentMessageId=talk.first["reply"]["id"]))
    assert sent["conversation"]["id"] == talk.id


def test_every_fork_remembers_what_was_shown_there(chat: Chat) -> None:
    talk = Conversation(chat)
    two = talk.send("Two")
    talk.send("Three")
    third = talk.path()[4]["id"]
    done(talk.edit(third, "Another three"))
    other = done(talk.edit(two["message"]["id"], "Another two"))
    for through, shown in (
        (two["message"]["id"], ["One", "Two", "Another three"]),
        (third, ["One", "Two", "Three"]),
        (other["message"]["id"], ["One", "Another two"]),
        (two["reply"]["id"], ["One", "Two", "Three"]),
    ):
        chosen = chat.payload(SELECT, {"messageId": through})
        path = talk.path()
        assert chosen["conversation"] == {"id": talk.id, "lastMessage": {"id": path[-1]["id"]}}
        assert talk.questions() == shown


def test_a_message_is_deleted_with_all_that_follows_it(chat: Chat) -> None:
    talk = Conversation(chat)
    key = token_hex()
    two = talk.send("Two", idempotencyKey=key)
    three = talk.send("Three")
    other = done(talk.edit(three["message"]["id"], "Another three"))
    used = chat.used()
    payload = done(chat.payload(DELETE, {"messageId": two["message"]["id"]}))
    gone = [
        exchange[part]["id"] for exchange in (two, three, other) for part in ("message", "reply")
    ]
    assert sorted(payload["deletedMessageIds"]) == sorted(gone)
    assert payload["conversation"] == {
        "messageCount": 2,
        "lastMessage": {"id": talk.first["reply"]["id"]},
    }
    assert [chat.message(id_) for id_ in gone] == [None] * 6
    assert refusal_of_key(talk, key) == "NOT_FOUND"
    assert talk.questions(two["message"]["id"]) == []
    assert chat.used() == used
    assert talk.send("Two again")["message"]["content"] == "Two again"
    assert talk.questions() == ["One", "Two again"]
    assert ledger_differences(chat.database_url) == []


def refusal_of_key(talk: Conversation, key: str) -> str:
    place = {"conversationId": talk.id, "parentMessageId": None, "idempotencyKey": key}
    (error,) = talk.chat.send("Two", **place)["userErrors"]
    return str(error["code"])


def test_an_empty_conversation_remains_when_its_first_message_is_deleted(chat: Chat) -> None:
    talk = Conversation(chat)
    other = done(talk.edit(talk.first["message"]["id"], "Another one"))
    first = {"messageId": talk.first["message"]["id"]}
    assert done(chat.payload(DELETE, first))["conversation"]["messageCount"] == 2
    assert talk.questions() == ["Another one"]
    emptied = done(chat.payload(DELETE, {"messageId": other["message"]["id"]}))
    assert emptied["conversation"] == {"messageCount": 0, "lastMessage": None}
    talk.send("One again")
    assert talk.questions() == ["One again"]


def test_nothing_is_deleted_where_a_reply_is_being_written(chat: Chat) -> None:
    talk = Conversation(chat)
    chat.stand_in.next({"hang_after": 3})
    written = talk.send("Two", delivery="STREAM")
    chat.stand_in.wait_for(running=1)
    before = chat.contents()
    for id_ in (talk.first["message"]["id"], written["message"]["id"], written["reply"]["id"]):
        assert refusal(chat.payload(DELETE, {"messageId": id_})) == ("CONFLICT", "messageId")
    assert refusal(chat.send("Three", parentMessageId=written["reply"]["id"])) == (
        "CONFLICT",
        "parentMessageId",
    )
    assert refusal(chat.send("Three", conversationId=talk.id)) == ("CONFLICT", "conversationId")
    assert chat.contents().keys() == before.keys()
    beside = done(talk.edit(written["message"]["id"], "Another two"))
    assert beside["reply"]["status"] == "COMPLETE"
    assert done(chat.payload(DELETE, {"messageId": beside["message"]["id"]}))
    assert talk.questions() == ["One", "Two"]
    assert done(chat.payload(STOP, {"messageId": written["reply"]["id"]}))
    assert done(chat.payload(DELETE, {"messageId": written["message"]["id"]}))


def test_a_key_edits_once(chat: Chat) -> None:
    talk, key = Conversation(chat), token_hex()
    once = talk.edit(talk.first["message"]["id"], "Another one", idempotencyKey=key)
    before = chat.contents()
    assert talk.edit(talk.first["message"]["id"], "Another one", idempotencyKey=key) == once
    other = talk.edit(talk.first["message"]["id"], "Something else", idempotencyKey=key)
    assert refusal(other) == ("IDEMPOTENCY_KEY_REUSED", "idempotencyKey")
    assert chat.contents() == before


REFUSED: list[tuple[Callable[[Conversation, str], dict[str, Any]], str]] = [
    (lambda talk, id_: talk.edit(id_, "Another"), "messageId"),
    (lambda talk, id_: talk.regenerate(id_), "messageId"),
    (lambda talk, id_: talk.chat.payload(SELECT, {"messageId": id_}), "messageId"),
    (lambda talk, id_: talk.chat.payload(DELETE, {"messageId": id_}), "messageId"),
    (lambda talk, id_: talk.chat.send("x", parentMessageId=id_), "parentMessageId"),
    (
        lambda talk, id_: talk.chat.send("x", parentMessageId=id_, conversationId=talk.id),
        "parentMessageId",
    ),
]


@pytest.mark.parametrize(("act", "field"), REFUSED, ids=range(len(REFUSED)))
def test_messages_of_nobody_and_of_strangers_are_not_found(
    chat: Chat, act: Callable[[Conversation, str], dict[str, Any]], field: str
) -> None:
    talk = Conversation(chat)
    before = chat.contents()
    for id_ in (message_id(GRACES_MESSAGE), message_id(10**15), talk.id, "nonsense", "", "\0"):
        assert refusal(act(talk, id_)) == ("NOT_FOUND", field)
    assert chat.contents() == before


def test_what_is_in_another_conversation_is_no_parent(chat: Chat) -> None:
    talk, other = Conversation(chat), Conversation(chat)
    before = chat.contents()
    place = {"conversationId": talk.id, "parentMessageId": other.first["reply"]["id"]}
    assert refusal(chat.send("Two", **place)) == ("NOT_FOUND", "parentMessageId")
    assert talk.path(other.first["reply"]["id"]) == []
    assert chat.contents() == before


def test_a_reply_is_not_edited(chat: Chat) -> None:
    talk = Conversation(chat)
    before = chat.contents()
    assert refusal(talk.edit(talk.first["reply"]["id"], "Mine")) == ("INVALID_INPUT", "messageId")
    assert refusal(talk.edit(talk.first["message"]["id"], " ")) == ("INVALID_INPUT", "content")
    assert chat.contents() == before


def test_strangers_see_no_branch(chat: Chat) -> None:
    talk = Conversation(chat)
    done(talk.edit(talk.first["message"]["id"], "Another one"))
    variables = {"id": talk.id, "branch": talk.first["message"]["id"], "last": 10}
    assert chat.api.data(PATH, variables, viewer=GRACE) == {"conversation": None}


def test_a_conversation_from_before_is_a_line(chat: Chat) -> None:
    variables = {"id": conversation_id(LONG_CONVERSATION), "last": 100}
    found = chat.api.data(PATH, variables, viewer=ADA)["conversation"]["messages"]["edges"]
    messages = [edge["node"] for edge in found]
    assert len(messages) == len(LONG_MESSAGES)
    assert [one["parent"] for one in messages] == [
        None,
        *({"id": one["id"]} for one in messages[:-1]),
    ]
    assert {(one["siblingCount"], one["siblingIndex"]) for one in messages} == {(1, 0)}


def test_siblings_are_paged(chat: Chat) -> None:
    talk = Conversation(chat)
    texts = ["One", *(f"Version {number}" for number in range(4))]
    for text in texts[1:]:
        done(talk.edit(talk.first["message"]["id"], text))
    found: list[str] = []
    page: dict[str, Any] = {"hasNextPage": True, "endCursor": None}
    while page["hasNextPage"]:
        variables = {"id": talk.path()[0]["id"], "first": 2, "after": page["endCursor"]}
        siblings = chat.api.data(SIBLINGS, variables, viewer=ADA)["node"]["siblings"]
        found += [edge["node"]["content"] for edge in siblings["edges"]]
        page = siblings["pageInfo"]
    assert found == texts


def test_a_branch_is_paged_from_its_end(chat: Chat) -> None:
    talk = Conversation(chat)
    talk.send("Two")
    done(talk.edit(talk.path()[2]["id"], "Another two"))
    talk.send("Another three")
    whole = talk.path()
    found: list[dict[str, Any]] = []
    page: dict[str, Any] = {"hasPreviousPage": True, "startCursor": None}
    while page["hasPreviousPage"]:
        variables = {"id": talk.id, "last": 1, "before": page["startCursor"]}
        messages = chat.api.data(PATH, variables, viewer=ADA)["conversation"]["messages"]
        found[:0] = [edge["node"] for edge in messages["edges"]]
        page = messages["pageInfo"]
    assert found == whole
