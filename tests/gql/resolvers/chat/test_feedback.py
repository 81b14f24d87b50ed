"""What people think of replies: given, changed, taken back, and counted for operators."""

from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex
from typing import Any

import pytest

from tests.fixtures.servers.chat import STOP, Chat, message_id
from tests.fixtures.stores.world import ADA, GRACE, NOW
from tests.gql.resolvers.chat.conversation_documents import DELETE

GIVE = """mutation ($input: GiveFeedbackInput!) { giveFeedback(input: $input) {
  message { id feedback { rating comment createdAt } } userErrors { code field } } }"""
RATED = """query ($id: ID!) { conversation(id: $id) { messages(first: 20) {
  edges { node { id feedback { rating comment createdAt } } } } } }"""
SUMS = """query ($from: Date!, $to: Date!) { ops { feedback(from: $from, to: $to) {
  day model up down } } }"""
DELETE_MESSAGE = """mutation ($input: MessageInput!) { deleteMessage(input: $input) {
  userErrors { code } } }"""
TODAY, AT = NOW.date().isoformat(), NOW.isoformat().replace("+00:00", "Z")
PARTS = "INSERT INTO generation_parts (user_id, reply_id, part_number, model, start_offset) VALUES "


class Rated:
    """A reply of a model of its own, and what is counted for this."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        sent = chat.send("What to do?")
        self.place, self.message, self.reply = (
            str(sent[one]["id"]) for one in ("conversation", "message", "reply")
        )
        (self.key,) = chat.rows("SELECT max(id) FROM chat_messages")[0]
        self.model = token_hex(4)
        self.be_written_by((self.model, 0))

    def be_written_by(self, *parts: tuple[str, int]) -> None:
        """Let these be the models that wrote the reply, each from a place of the text on."""
        self._chat.rows(f"DELETE FROM generation_parts WHERE reply_id = {self.key}")
        rows = ", ".join(
            f"({ADA}, {self.key}, {number}, '{model}', {start})"
            for number, (model, start) in enumerate(parts, 1)
        )
        if parts:
            self._chat.rows(PARTS + rows)

    # Any: inputs and payloads are JSON.
    def give(self, rating: str | None = None, **input_: Any) -> dict[str, Any]:
        given = {"messageId": self.reply, "rating": rating} | input_
        return self._chat.payload(GIVE, {one: given[one] for one in given if given[one]})

    def sums(self, model: str = "") -> list[tuple[str, int, int]]:
        """`(day, up, down)` of what is counted for a model."""
        span = {"from": "2025-12-31", "to": "2026-12-31"}
        ops = self._chat.api.data(SUMS, span, viewer=ADA, roles=("ops",))["ops"]
        rows = ops["feedback"]
        assert rows == sorted(rows, key=lambda one: (one["day"], one["model"]))
        return [
            (one["day"], one["up"], one["down"])
            for one in rows
            if one["model"] == (model or self.model)
        ]


@pytest.fixture
def rated(chat: Chat) -> Rated:
    return Rated(chat)


def test_the_newest_counts(chat: Chat, rated: Rated) -> None:
    given = rated.give("UP", comment="  It says\nwhat to do. ")
    feedback = {"rating": "UP", "comment": "It says\nwhat to do.", "createdAt": AT}
    assert given == {"message": {"id": rated.reply, "feedback": feedback}, "userErrors": []}
    assert rated.sums() == [(TODAY, 1, 0)]
    newer = rated.give("DOWN")["message"]["feedback"]
    assert newer == {"rating": "DOWN", "comment": None, "createdAt": AT}
    assert rated.sums() == [(TODAY, 0, 1)]
    nodes = chat.api.data(RATED, {"id": rated.place}, viewer=ADA)["conversation"]["messages"]
    assert [one["node"]["feedback"] for one in nodes["edges"]] == [None, newer]
    assert rated.give() == {"message": {"id": rated.reply, "feedback": None}, "userErrors": []}
    assert rated.sums() == []
    assert rated.give()["userErrors"] == []


def test_what_is_given_again_changes_nothing(chat: Chat, rated: Rated) -> None:
    rated.give("UP", comment="Good.")
    before = chat.contents()
    rated.give("UP", comment="Good.")
    assert chat.contents() == before


def test_it_counts_on_the_day_on_which_it_was_given(chat: Chat, rated: Rated) -> None:
    rated.give("UP")
    chat.rows(
        "UPDATE chat_message_feedback SET created_at = '2026-01-31 23:59:59.9+00' "
        f"WHERE message_id = {rated.key}"
    )
    chat.rows(f"UPDATE model_daily_feedback SET day = '2026-01-31' WHERE model = '{rated.model}'")
    rated.give("UP")
    assert rated.sums() == [("2026-01-31", 1, 0)]
    rated.give("UP", comment="After all.")
    assert rated.sums() == [(TODAY, 1, 0)]


def test_each_model_that_wrote_some_of_it_is_counted_once(chat: Chat, rated: Rated) -> None:
    first, idle, last = (token_hex(4) for _ in range(3))
    rated.be_written_by((first, 0), (last, 5), (idle, 9), (first, 9), (last, 12))
    rated.give("DOWN")
    assert [rated.sums(one) for one in (first, idle, last)] == [
        [(TODAY, 0, 1)],
        [],
        [(TODAY, 0, 1)],
    ]
    rated.give()
    # From before parts were stored.
    rated.be_written_by()
    chat.rows(f"UPDATE chat_messages SET model = '{idle}' WHERE id = {rated.key}")
    rated.give("UP")
    assert rated.sums(idle) == [(TODAY, 1, 0)]


def test_given_many_times_at_once_one_counts(chat: Chat, rated: Rated) -> None:
    ratings = ["UP", "DOWN", None] * 8
    with ThreadPoolExecutor(len(ratings)) as threads:
        given = list(threads.map(rated.give, ratings))
    assert {str(one["userErrors"]) for one in given} == {"[]"}
    left = chat.rows(f"SELECT rating FROM chat_message_feedback WHERE message_id = {rated.key}")
    counts = {(): [], (("up",),): [(TODAY, 1, 0)], (("down",),): [(TODAY, 0, 1)]}
    assert rated.sums() == counts[tuple(left)]


@pytest.mark.parametrize(
    ("input_", "field"),
    [
        ({"comment": "Good."}, "comment"),
        ({"rating": "UP", "comment": " \n"}, "comment"),
        ({"rating": "UP", "comment": "x" * 2_001}, "comment"),
        ({"rating": "UP", "comment": "a\0b"}, "comment"),
    ],
)
def test_comments_that_are_none(
    chat: Chat, rated: Rated, input_: dict[str, Any], field: str
) -> None:
    before = chat.contents()
    refused = rated.give(**input_)
    errors = [{"code": "INVALID_INPUT", "field": ["input", field]}]
    assert refused == {"message": None, "userErrors": errors}
    assert chat.contents() == before


def test_a_comment_of_the_longest(rated: Rated) -> None:
    comment = "👩‍👩‍👧" * 250 + "🙂" * 750
    assert rated.give("UP", comment=comment)["message"]["feedback"]["comment"] == comment


def test_only_replies_that_have_ended_are_rated(chat: Chat, rated: Rated) -> None:
    field = ["input", "messageId"]
    own = rated.give("UP", messageId=rated.message)
    assert own["userErrors"] == [{"code": "INVALID_INPUT", "field": field}]
    chat.stand_in.behave(tokens_per_second=1)
    writing = chat.send(delivery="STREAM")["reply"]["id"]
    early = rated.give("UP", messageId=writing)
    assert early["userErrors"] == [{"code": "CONFLICT", "field": field}]
    chat.payload(STOP, {"messageId": writing})
    assert rated.give("DOWN", messageId=writing)["userErrors"] == []


def test_replies_of_strangers_are_not_found(chat: Chat, rated: Rated) -> None:
    before = chat.contents()
    errors = [{"code": "NOT_FOUND", "field": ["input", "messageId"]}]
    stranger = chat.payload(GIVE, {"messageId": rated.reply, "rating": "UP"}, viewer=GRACE)
    assert stranger["userErrors"] == errors
    for id_ in (message_id(10**15), "nothing", rated.place):
        assert rated.give("UP", messageId=id_)["userErrors"] == errors
    assert chat.contents() == before
    span = {"from": TODAY, "to": TODAY}
    assert chat.api.data(SUMS, span, viewer=ADA) == {"ops": None}


def test_it_goes_with_its_message_and_its_conversation(chat: Chat, rated: Rated) -> None:
    rated.give("UP")
    other = Rated(chat)
    other.give("DOWN")
    chat.payload(DELETE_MESSAGE, {"messageId": rated.message})
    chat.payload(DELETE, {"conversationId": other.place})
    keys = f"({rated.key}, {other.key})"
    assert chat.rows(f"SELECT FROM chat_message_feedback WHERE message_id IN {keys}") == []
    assert (rated.sums(), other.sums()) == ([(TODAY, 1, 0)], [(TODAY, 0, 1)])
    for gone in (rated, other):
        (error,) = gone.give("UP")["userErrors"]
        assert error["code"] == "NOT_FOUND"
    assert (rated.sums(), other.sums()) == ([(TODAY, 1, 0)], [(TODAY, 0, 1)])


def test_at_most_four_hundred_days(chat: Chat) -> None:
    for span in (("2026-01-02", "2026-01-01"), ("2025-01-01", "2026-02-05")):
        asked = dict(zip(("from", "to"), span, strict=True))
        (error,) = chat.api.ask(SUMS, asked, viewer=ADA, roles=("ops",))["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
