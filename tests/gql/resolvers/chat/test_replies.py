"""Replies that fail, are answered again, and are stopped."""

from secrets import token_hex
from typing import Any

import pytest

from tests.fixtures.servers.chat import REGENERATE, STOP, Chat, conversation_id, message_id
from tests.fixtures.stores.world import ADA, GRACE, GRACES_MESSAGE, LONG_MESSAGES
from tests.waiting import until

BEGINNING = "[stand-in] No language"
NOBODYS = message_id(987_654)
FAULTS: dict[str, tuple[list[dict[str, Any]], str, int]] = {
    # What the model does at each call, what there is of the reply then, after how many attempts.
    "down": ([{"status": 503}] * 2, "", 2),
    "too busy for longer than there is time": (
        [{"status": 429, "retry_after_seconds": 60}],
        "",
        1,
    ),
    "refuses the key": ([{"status": 401}], "", 1),
    "refuses the content": ([{"status": 400, "error_code": "content_filter"}], "", 1),
    "filters the reply": ([{"tokens": 3, "finish": "content_filter"}], BEGINNING, 1),
    "reaches its length": ([{"tokens": 3, "finish": "length"}], BEGINNING, 1),
    "cut before the first token": ([{"cut_after": 0}] * 2, "", 2),
    "cut in the middle": ([{"cut_after": 3}], BEGINNING, 1),
    "malformed from the beginning": ([{"malformed_after": 0}], "", 1),
    "malformed in the middle": ([{"malformed_after": 3}], BEGINNING, 1),
    "an error in the middle": ([{"error_after": 3}], BEGINNING, 1),
}
RETRIED_AFTER = {"too busy for longer than there is time": 60}
"""How long the person is to wait, where the model said it."""


def regenerate(chat: Chat, id_: str, key: str | None = None, **caller: Any) -> dict[str, Any]:
    return chat.payload(
        REGENERATE, {"messageId": id_, "idempotencyKey": key or token_hex()}, **caller
    )


def refusal(payload: dict[str, Any]) -> tuple[str, str | None]:
    """Code and member of the only refusal of a payload that gives nothing else."""
    (error,) = payload.pop("userErrors")
    assert set(payload.values()) == {None}
    assert error["retryAfterSeconds"] is None
    return error["code"], error["field"] and error["field"][-1]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_model_that_fails_costs_nothing_and_is_called_again(chat: Chat, fault: str) -> None:
    behaviours, content, attempts = FAULTS[fault]
    used = chat.used()
    chat.stand_in.next(*behaviours)
    key = token_hex()
    sent = chat.send("Hello?", idempotencyKey=key)
    assert (sent["reply"]["status"], sent["reply"]["content"]) == ("FAILED", content)
    assert sent["reply"]["generation"]["attempts"] == attempts
    assert (sent["message"]["status"], sent["conversation"]["messageCount"]) == ("COMPLETE", 2)
    assert sent["userErrors"] == [
        {"code": "LLM_UNAVAILABLE", "field": None, "retryAfterSeconds": RETRIED_AFTER.get(fault)}
    ]
    assert sent["quota"]["used"] == chat.used() == used
    assert chat.send("Hello?", idempotencyKey=key) == sent
    assert chat.stand_in.counts()["received"] == len(behaviours)

    chat.stand_in.behave(tokens=3)
    again = regenerate(chat, sent["message"]["id"])
    assert (again["reply"]["status"], again["reply"]["content"]) == ("COMPLETE", BEGINNING)
    assert again["message"] == sent["message"]
    assert again["reply"]["id"] != sent["reply"]["id"]
    assert again["conversation"]["messageCount"] == 3
    assert (again["quota"]["used"], again["userErrors"]) == (used + 1, [])


def test_a_fault_that_passes_is_not_noticed(chat: Chat) -> None:
    chat.stand_in.next({"status": 503})
    sent = chat.send()
    assert (sent["userErrors"], sent["reply"]["generation"]["attempts"]) == ([], 2)


def test_a_reply_is_answered_again_as_often_as_wanted_each_time_once(chat: Chat) -> None:
    used = chat.used()
    chat.stand_in.behave(mode="echo")
    sent = chat.send("One")
    key = token_hex()
    second = regenerate(chat, sent["reply"]["id"], key)
    assert regenerate(chat, sent["reply"]["id"], key) == second
    third = regenerate(chat, second["reply"]["id"])
    assert chat.stand_in.counts()["received"] == 3
    assert (third["conversation"]["messageCount"], chat.used()) == (4, used + 3)
    question = [{"role": "user", "content": "One"}]
    assert [prompt[1:] for prompt in chat.stand_in.prompts()] == [question] * 3


def test_what_cannot_be_answered_again(chat: Chat) -> None:
    key = token_hex()
    sent = chat.send("One", idempotencyKey=key)
    place = sent["conversation"]["id"]
    chat.send("Two", conversationId=place)
    before = chat.contents()
    received = chat.stand_in.counts()["received"]
    for id_, code, field in (
        (message_id(GRACES_MESSAGE), "NOT_FOUND", "messageId"),
        (NOBODYS, "NOT_FOUND", "messageId"),
        (place, "NOT_FOUND", "messageId"),
        ("nonsense", "NOT_FOUND", "messageId"),
    ):
        assert refusal(regenerate(chat, id_)) == (code, field)
    reused = regenerate(chat, sent["message"]["id"], key)
    assert refusal(reused) == ("IDEMPOTENCY_KEY_REUSED", "idempotencyKey")
    assert chat.contents() == before
    assert chat.stand_in.counts()["received"] == received


def test_a_reply_that_is_being_generated_is_stopped_first(chat: Chat) -> None:
    used = chat.used()
    chat.stand_in.next({"hang_after": 3})
    sent = chat.send(delivery="STREAM")
    chat.stand_in.wait_for(running=1)
    assert refusal(regenerate(chat, sent["reply"]["id"])) == ("CONFLICT", "messageId")
    until(lambda: bool(chat.message(sent["reply"]["id"])["content"]))
    wanted = {
        "reply": {"id": sent["reply"]["id"], "status": "STOPPED", "content": BEGINNING},
        "userErrors": [],
    }
    for _ in range(2):
        assert chat.payload(STOP, {"messageId": sent["reply"]["id"]}) == wanted
    chat.stand_in.wait_for(running=0, cancelled=1)
    assert chat.used() == used + 1
    again = regenerate(chat, sent["reply"]["id"])
    assert again["reply"]["status"] == "COMPLETE"
    assert chat.used() == used + 2


def test_a_reply_stopped_before_it_begins_costs_nothing(chat: Chat) -> None:
    used = chat.used()
    chat.stand_in.next({"hang_after": 0})
    sent = chat.send(delivery="STREAM")
    chat.stand_in.wait_for(running=1)
    stopped = chat.payload(STOP, {"messageId": sent["reply"]["id"]})
    assert stopped["reply"] == {"id": sent["reply"]["id"], "status": "STOPPED", "content": ""}
    assert chat.used() == used
    chat.stand_in.wait_for(running=0, cancelled=1)


def test_a_reply_that_has_ended_is_not_stopped(chat: Chat) -> None:
    sent = chat.send()
    before = chat.contents()
    stopped = chat.payload(STOP, {"messageId": sent["reply"]["id"]})
    assert (stopped["reply"]["status"], stopped["userErrors"]) == ("COMPLETE", [])
    assert chat.contents() == before


@pytest.mark.parametrize(
    ("id_", "caller"),
    [
        (message_id(LONG_MESSAGES[1]), GRACE),
        (message_id(LONG_MESSAGES[0]), ADA),
        (message_id(GRACES_MESSAGE), ADA),
        (NOBODYS, ADA),
        (conversation_id(1), ADA),
        ("", ADA),
    ],
)
def test_only_ones_own_replies_are_stopped(chat: Chat, id_: str, caller: int) -> None:
    before = chat.contents()
    stopped = chat.payload(STOP, {"messageId": id_}, viewer=caller)
    assert refusal(stopped) == ("NOT_FOUND", "messageId")
    assert chat.contents() == before
