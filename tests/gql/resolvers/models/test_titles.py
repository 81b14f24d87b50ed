"""Titles by the model: apart from the reply, once, and never over a person's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.chat import Chat
from tests.fixtures.servers.server import metrics_of
from tests.gql.resolvers.models.several_models import SMALL, chat_with_models, send
from tests.waiting import until

RENAME = """mutation ($input: RenameConversationInput!) { renameConversation(input: $input) {
  conversation { title } userErrors { code } } }"""
DELETE = """mutation ($input: MessageInput!) { deleteMessage(input: $input) {
  conversation { title } userErrors { code } } }"""
START = """mutation ($input: StartConversationInput!) { startConversation(input: $input) {
  conversation { id } userErrors { code } } }"""
QUESTION = "Wie beginne ich mit dem Garten, und womit?"
TITLE = "[stand-in] Wie beginne ich mit dem"


@pytest.fixture
def chat(own_world: str, tmp_path: Path, stand_in: StandInControl) -> Iterator[Chat]:
    with chat_with_models(own_world, tmp_path, stand_in, chat_titles=True) as chat:
        yield chat


def origins(chat: Chat) -> dict[str, str]:
    """The titles of the conversations that were begun here, and whose they are."""
    titled = "SELECT title, title_origin FROM chat_conversations WHERE id > 1000 OR title LIKE $1"
    return dict(chat.rows(titled, "%Garten%"))


def title_of(chat: Chat, id_: str) -> str:
    """The title that the person sees."""
    shown = "query ($id: ID!) { node(id: $id) { ... on Conversation { title } } }"
    title: str = chat.api.data(shown, {"id": id_}, viewer=1)["node"]["title"]
    return title


def not_needed(chat: Chat) -> float:
    """How many titles that a model gave were not wanted any more."""
    lines = metrics_of(chat.api.http).splitlines()
    counted = 'guidance_titles_total{outcome="not_needed"}'
    return sum(float(line.split()[-1]) for line in lines if line.startswith(counted))


def test_the_model_gives_a_title_in_the_language_of_the_conversation(
    chat: Chat, stand_in: StandInControl
) -> None:
    used = chat.used()
    sent = send(chat, QUESTION + " Ada, ada@example.com")
    place = sent["conversation"]["id"]
    until(lambda: title_of(chat, place) == TITLE)
    assert stand_in.models() == ["provider-large", SMALL]
    assert "ada@example.com" not in str(stand_in.prompts()[1])
    assert chat.used() == used + 1
    send(chat, "Und dann?", conversationId=place)
    assert stand_in.models() == ["provider-large", SMALL, "provider-large"]
    assert title_of(chat, place) == TITLE
    counted = chat.rows("SELECT model, calls, unreported_calls FROM model_daily_usages ORDER BY 1")
    assert counted == [("large", 2, 0), (SMALL, 1, 0)]


def test_a_title_that_a_person_gave_stays(chat: Chat, stand_in: StandInControl) -> None:
    started = chat.payload(START, {"idempotencyKey": "own", "title": "My garden"})
    place = started["conversation"]["id"]
    send(chat, QUESTION, conversationId=place)
    stand_in.behave_as(SMALL, first_token_seconds=60)
    other = send(chat, QUESTION)["conversation"]["id"]
    stand_in.wait_for(running=1)
    chat.payload(RENAME, {"conversationId": other, "title": QUESTION})
    stand_in.reset()
    assert title_of(chat, place) == "My garden"
    assert title_of(chat, other) == QUESTION
    third = send(chat, QUESTION, conversationId=other)["conversation"]
    assert title_of(chat, third["id"]) == QUESTION
    assert stand_in.models() == ["provider-large"]


def test_a_title_of_what_was_deleted_meanwhile_is_not_given(
    chat: Chat, stand_in: StandInControl
) -> None:
    before = not_needed(chat)
    stand_in.behave_as(SMALL, first_token_seconds=1)
    sent = send(chat, QUESTION)
    stand_in.wait_for(running=1)
    deleted = chat.payload(DELETE, {"messageId": sent["message"]["id"]})
    assert deleted == {"conversation": {"title": "New conversation"}, "userErrors": []}
    stand_in.wait_for(received=2, running=0)
    until(lambda: not_needed(chat) == before + 1)
    assert title_of(chat, sent["conversation"]["id"]) == "New conversation"


def test_a_title_that_cannot_be_had_delays_and_fails_nothing(
    chat: Chat, stand_in: StandInControl
) -> None:
    stand_in.behave_as(SMALL, status=500)
    sent = send(chat, QUESTION)
    place = sent["conversation"]["id"]
    assert (sent["reply"]["status"], sent["userErrors"]) == ("COMPLETE", [])
    stand_in.wait_for(received=3, running=0)
    assert title_of(chat, place) == QUESTION
    stand_in.reset()
    stand_in.behave_as(SMALL, hang_after=0)
    assert send(chat, "Und?", conversationId=place)["reply"]["status"] == "COMPLETE"
    stand_in.wait_for(received=2, running=1)
    assert send(chat, "Und?", conversationId=place)["reply"]["status"] == "COMPLETE"


def test_a_setting_turns_titles_off(
    own_world: str, tmp_path: Path, stand_in: StandInControl
) -> None:
    with chat_with_models(own_world, tmp_path, stand_in, chat_titles=False) as chat:
        place = send(chat, QUESTION)["conversation"]["id"]
        assert title_of(chat, place) == QUESTION
    assert stand_in.counts()["received"] == 1
