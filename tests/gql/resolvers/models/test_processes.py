"""A process that is killed while one model writes; another process goes on with another model."""

from pathlib import Path

import pytest

from services.clock import system_clock
from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.chat import Chat
from tests.fixtures.servers.processes import served
from tests.fixtures.servers.server import Api
from tests.fixtures.stores.world import ADA
from tests.gql.resolvers.models.several_models import (
    FILE,
    LARGE,
    PARTS,
    SMALL,
    SPARE,
    model_file,
    send,
    written_by,
)
from tests.waiting import until

REPLY = (
    "query ($id: ID!) { node(id: $id) { ... on Message { status content generation { model "
    "attempts " + PARTS + " } } } }"
)
TEXT = (
    "Ça va 🙂 eins zwei 🙂🙂 drei vier 🎉 fünf sechs sieben, e\u0301 acht 你好 neun zehn elf zwölf"
)


@pytest.mark.slow
def test_after_a_kill_another_model_goes_on_with_what_was_seen(
    own_world: str, tmp_path: Path, stand_in: StandInControl
) -> None:
    head, large, small, spare = FILE.split("[[models]]")
    without_large = tmp_path / "later"
    without_large.mkdir()
    files = (
        model_file(tmp_path, stand_in.url),
        model_file(without_large, stand_in.url, f"{head}[[models]]{small}[[models]]{spare}"),
    )
    assert LARGE in large
    first, second = [
        {"CHAT_LLM_MODELS": str(one), "CHAT_REPLY_LEASE_SECONDS": "1"} for one in files
    ]
    stand_in.behave(mode="echo", continuation="exact")
    stand_in.behave_as("provider-large", hang_after=9)
    with served(own_world, **first) as (process, client):
        chat = Chat(Api(client, system_clock), own_world, stand_in)
        id_ = send(chat, TEXT, delivery="STREAM")["reply"]["id"]
        until(lambda: len(chat.message(id_)["content"]) > len("[stand-in] "))
        shown = chat.message(id_)["content"]
        process.kill()
        process.wait()
    stand_in.behave_as(SMALL, cut_after=3)
    with served(own_world, **second) as (_, client):
        chat = Chat(Api(client, system_clock), own_world, stand_in)
        until(lambda: chat.message(id_)["status"] == "COMPLETE")
        reply = chat.api.data(REPLY, {"id": id_}, viewer=ADA)["node"]
    assert reply["content"] == f"[stand-in] {TEXT}"
    written = written_by(reply)
    assert [model for model, _ in written] == [LARGE, SMALL, SPARE]
    assert written[0][1].startswith(shown)
    assert "".join(text for _, text in written) == reply["content"]
    assert (reply["generation"]["model"], reply["generation"]["attempts"]) == (SPARE, 3)
