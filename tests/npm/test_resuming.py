"""Replies over connections that break: the client in `clients-js`, and those of others."""

from datetime import timedelta
from pathlib import Path

import pytest

from services.clock import system_clock
from tests.fixtures.clients.npm import NodeTests
from tests.fixtures.outside.llm import StandInControl
from tests.fixtures.servers.chat import Chat
from tests.fixtures.servers.processes import served
from tests.fixtures.servers.server import serving, settings_for, token_of
from tests.fixtures.stores.world import ADA, NOW

_TOKENS, _TOKENS_PER_SECOND = 120, 80


def test_every_character_of_a_reply_comes_once_over_connections_that_break(
    node_tests: NodeTests, chat: Chat
) -> None:
    _follow_cut(node_tests, chat, ways=8)


@pytest.mark.slow
def test_every_character_of_a_reply_comes_once_however_connections_break(
    node_tests: NodeTests, own_world: str, stand_in: StandInControl, tmp_path: Path
) -> None:
    settings = settings_for(
        own_world,
        tmp_path,
        chat_llm_base_url=stand_in.url,
        serve_runs_worker=False,
        websocket_frames_per_address=1_000_000,
    )
    with serving(settings) as api:
        _follow_cut(node_tests, Chat(api, own_world, stand_in), ways=400)


def _follow_cut(node_tests: NodeTests, chat: Chat, *, ways: int) -> None:
    """Follow a reply that took its time, over connections cut in so many ways."""
    chat.stand_in.behave(tokens=_TOKENS, tokens_per_second=_TOKENS_PER_SECOND)
    reply = chat.send()["reply"]
    node_tests(
        "resuming.test.mjs",
        "others.test.mjs",
        ADDRESS=str(chat.api.http.base_url),
        TOKEN=token_of(ADA),
        STALE_TOKEN=token_of(ADA, now=NOW - timedelta(days=1)),
        REPLY=reply["id"],
        CONTENT=reply["content"],
        WAYS=str(ways),
    )


@pytest.mark.slow
def test_every_character_comes_once_though_the_server_is_asked_to_stop(
    node_tests: NodeTests, own_world: str, stand_in: StandInControl, tmp_path: Path
) -> None:
    stand_in.behave(tokens=40, tokens_per_second=10)
    settings = settings_for(
        own_world, tmp_path, chat_llm_base_url=stand_in.url, serve_runs_worker=False
    )
    with (
        served(own_world, CHAT_LLM_BASE_URL=stand_in.url) as (process, client),
        serving(settings, clock=system_clock) as api,
    ):
        node_tests(
            "restarting.test.mjs",
            FIRST=str(client.base_url),
            SECOND=str(api.http.base_url),
            FIRST_PROCESS=str(process.pid),
            TOKEN=token_of(ADA, now=system_clock()),
        )
