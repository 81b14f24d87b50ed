"""A model that fails is followed by the next, within the same deadline."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from perf.llm_standin.behaviour import Behaviour, Mode
from perf.llm_standin.reply_text import reply_pieces
from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.chat import Chat
from tests.fixtures.stores.postgres import new_database
from tests.fixtures.stores.world import ADA
from tests.gql.resolvers.models.several_models import (
    LARGE,
    SMALL,
    SPARE,
    chat_with_models,
    send,
    usage,
    written_by,
)

PROVIDERS_LARGE = "provider-large"
NOTHING = b'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\n'
PAID = NOTHING + b'data: {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 0}}\n\n'
EMOJI = "Wie geht es dir 🙂👩‍👩‍👧? Ça va, 你好 🎉🎉🎉 e\u0301 " * 3
BEFORE_THE_TEXT: dict[str, tuple[dict[str, Any], int]] = {
    # What the large model does, and how often models are asked in all.
    "broken": ({"status": 500}, 3),
    "too many requests": ({"status": 429, "retry_after_seconds": 60}, 2),
    "no capacity": ({"status": 503}, 2),
    "overloaded": ({"status": 529}, 2),
    "refuses the key": ({"status": 401}, 2),
    "not there any more": ({"status": 404}, 2),
    "prompt too long": ({"context_tokens": 1}, 2),
    "cut before the first token": ({"cut_after": 0}, 3),
    "rubbish": ({"malformed_after": 0}, 2),
    "says nothing": ({"stream": b64encode(NOTHING).decode()}, 2),
}


@pytest.fixture(scope="module")
def server(
    postgres: str,
    world_template: str,
    stand_in_process: StandInControl,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Chat]:
    with (
        new_database(postgres, world_template) as url,
        chat_with_models(url, tmp_path_factory.mktemp("models"), stand_in_process) as chat,
    ):
        yield chat


@pytest.fixture
def models(server: Chat, stand_in: StandInControl) -> Chat:
    assert server.stand_in is stand_in
    return server


@pytest.mark.parametrize("fault", BEFORE_THE_TEXT)
def test_the_next_model_answers_where_the_first_does_not(models: Chat, fault: str) -> None:
    behaviour, attempts = BEFORE_THE_TEXT[fault]
    used = models.used()
    models.stand_in.behave_as(PROVIDERS_LARGE, **behaviour)
    sent = send(models)
    reply, made = sent["reply"], sent["reply"]["generation"]
    assert (reply["status"], sent["userErrors"]) == ("COMPLETE", [])
    assert (made["model"], made["attempts"]) == (SMALL, attempts)
    assert written_by(reply) == [(SMALL, reply["content"])]
    assert (made["parts"][0]["completionTokens"], made["completionTokens"]) == (30, 30)
    assert set(models.stand_in.models()) == {PROVIDERS_LARGE, SMALL}
    assert models.used() == used + 1

    models.stand_in.reset()
    again = send(models, "And now?", conversationId=sent["conversation"]["id"])
    assert again["reply"]["generation"]["model"] == LARGE


def test_a_content_filter_is_not_gone_around(models: Chat) -> None:
    models.stand_in.behave_as(PROVIDERS_LARGE, status=400, error_code="content_filter")
    sent = send(models)
    assert sent["userErrors"] == [{"code": "LLM_UNAVAILABLE", "field": None}]
    assert models.stand_in.models() == [PROVIDERS_LARGE]
    models.stand_in.reset()
    models.stand_in.behave_as(PROVIDERS_LARGE, tokens=3, finish="length")
    assert send(models)["reply"]["status"] == "FAILED"
    assert models.stand_in.models() == [PROVIDERS_LARGE]


@pytest.mark.parametrize("continuation", ["exact", "last-words", "anew"])
def test_a_reply_that_is_cut_off_is_continued_by_the_next_model(
    models: Chat, continuation: str
) -> None:
    models.stand_in.behave(continuation=continuation, mode="echo")
    models.stand_in.behave_as(PROVIDERS_LARGE, cut_after=9)
    reply = send(models, EMOJI)["reply"]
    prompt = models.stand_in.prompts()[0]
    pieces = reply_pieces(Behaviour(mode=Mode.ECHO), prompt)
    shown = "".join(pieces[:9])
    assert (reply["status"], reply["content"]) == ("COMPLETE", "".join(pieces))
    assert written_by(reply) == [(LARGE, shown), (SMALL, "".join(pieces)[len(shown) :])]
    first, second = reply["generation"]["parts"]
    assert (first["promptTokens"], first["completionTokens"]) == (None, None)
    assert second["completionTokens"] == reply["generation"]["completionTokens"] > 0


def test_one_after_another_goes_on_until_there_is_none(models: Chat) -> None:
    models.stand_in.behave_as(PROVIDERS_LARGE, cut_after=3)
    models.stand_in.behave_as(SMALL, error_after=4)
    reply = send(models)["reply"]
    assert reply["status"] == "COMPLETE"
    assert [model for model, _ in written_by(reply)] == [LARGE, SMALL, SPARE]
    assert "".join(text for _, text in written_by(reply)) == reply["content"]
    assert len(reply["content"].split()) == 30

    models.stand_in.behave_as(SPARE, cut_after=1)
    failed = send(models)
    assert (failed["reply"]["status"], failed["userErrors"][0]["code"]) == (
        "FAILED",
        "LLM_UNAVAILABLE",
    )
    written = written_by(failed["reply"])
    assert "".join(text for _, text in written) == failed["reply"]["content"] != ""


def test_a_call_that_said_nothing_and_was_paid_is_counted(models: Chat) -> None:
    before = usage(models, roles=("ops",)).get(LARGE, {"promptTokens": 0, "costMicros": 0})
    models.stand_in.behave_as(PROVIDERS_LARGE, stream=b64encode(PAID).decode())
    reply = send(models)["reply"]
    assert written_by(reply) == [(LARGE, ""), (SMALL, reply["content"])]
    after = usage(models, roles=("ops",))[LARGE]
    assert after["promptTokens"] == before["promptTokens"] + 9
    assert after["costMicros"] == before["costMicros"] + 18


def test_a_model_is_chosen_and_the_others_follow(models: Chat) -> None:
    assert send(models, model=SPARE)["reply"]["generation"]["model"] == SPARE
    models.stand_in.behave_as(SPARE, status=503)
    assert send(models, model=SPARE)["reply"]["generation"]["model"] == LARGE
    used, before = models.used(), models.contents()
    for name in ("provider-large", "", "x" * 5_000, "Large"):
        refused = send(models, model=name)
        assert refused["userErrors"] == [{"code": "MODEL_NOT_ALLOWED", "field": ["input", "model"]}]
        assert refused["reply"] is None
    assert (models.used(), models.contents()) == (used, before)


def test_a_model_that_failed_again_and_again_is_not_asked(
    own_world: str, tmp_path: Path, stand_in: StandInControl
) -> None:
    with chat_with_models(own_world, tmp_path, stand_in) as chat:
        stand_in.behave_as(PROVIDERS_LARGE, status=500)
        for _ in range(5):
            send(chat)
        assert stand_in.models().count(PROVIDERS_LARGE) == 10
        reply = send(chat)["reply"]
        assert stand_in.models().count(PROVIDERS_LARGE) == 10
        assert (reply["generation"]["model"], reply["generation"]["attempts"]) == (SMALL, 1)
        metrics = chat.api.http.get("/metrics").text
        assert 'guidance_generation_breaker_state{model="large"} 2.0' in metrics
        assert 'guidance_generation_fallbacks_total{model="large",reason="breaker_open"}' in metrics


def test_a_plan_names_the_models_that_it_may_use(
    own_world: str, tmp_path: Path, stand_in: StandInControl
) -> None:
    with chat_with_models(own_world, tmp_path, stand_in) as chat:
        listed = "{ viewer { models { name displayName contextTokens } } }"
        everyone = chat.api.data(listed, viewer=ADA)["viewer"]["models"]
        assert [one["name"] for one in everyone] == [LARGE, SMALL, SPARE]
        assert everyone[0] == {
            "name": LARGE,
            "displayName": "The large one",
            "contextTokens": 4_000,
        }
        chat.rows("UPDATE billing_plans SET models = '{spare,small,gone}'")
        chat.rows("UPDATE user_subscriptions SET updated_at = updated_at")
        sent = send(chat)
        assert sent["reply"]["generation"]["model"] == SMALL
        assert send(chat, model=LARGE)["userErrors"][0]["code"] == "MODEL_NOT_ALLOWED"
        stand_in.behave_as(SMALL, status=503)
        assert send(chat)["reply"]["generation"]["model"] == SPARE
        stand_in.behave_as(SPARE, status=503)
        assert send(chat)["reply"]["status"] == "FAILED"
        assert PROVIDERS_LARGE not in stand_in.models()


@pytest.mark.slow
def test_silence_is_borne_for_a_share_of_the_time(
    own_world: str, tmp_path: Path, stand_in: StandInControl
) -> None:
    with chat_with_models(own_world, tmp_path, stand_in, chat_llm_timeout_seconds=6) as chat:
        stand_in.behave_as(PROVIDERS_LARGE, hang_after=0)
        began = monotonic()
        assert send(chat)["reply"]["generation"]["model"] == SMALL
        assert 2 <= monotonic() - began < 4
        stand_in.behave_as(PROVIDERS_LARGE, hang_after=3)
        stand_in.behave_as(SMALL, hang_after=4)
        stand_in.behave_as(SPARE, hang_after=5)
        began = monotonic()
        failed = send(chat)["reply"]
        assert 6 <= monotonic() - began < 8
        assert failed["status"] == "FAILED"
        assert [model for model, _ in written_by(failed)] == [LARGE, SMALL, SPARE]
        stand_in.wait_for(running=0)
