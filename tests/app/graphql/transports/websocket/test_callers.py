"""Who asks over a WebSocket: credentials, pages, and tokens that expire."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from app.authentication.tokens import issue_token
from tests.app.graphql.transports.websocket.socket_documents import ENDLESS, WHO, Time
from tests.fixtures.live import ALLOWED_ORIGIN, Live, live_server
from tests.fixtures.peer import peer
from tests.fixtures.postgres import new_database, run
from tests.fixtures.server import SECRET, token_of
from tests.fixtures.watched import WATCH
from tests.fixtures.world import ADA, GRACES_COMPANY, NOW


@pytest.mark.parametrize(
    ("payload", "headers", "who"),
    [
        (None, {}, "nobody"),
        ({}, {}, "nobody"),
        ({"authorization": None, "x-api-key": None}, {}, "nobody"),
        ({"Authorization": f"Bearer {token_of(ADA)}"}, {}, f"person {ADA}"),
        ({"authorization": f"Bearer {token_of(ADA)}"}, {}, f"person {ADA}"),
        (None, {"authorization": f"Bearer {token_of(ADA)}"}, f"person {ADA}"),
        (
            {"authorization": f"Bearer {token_of(ADA)}"},
            {"authorization": "Bearer nonsense"},
            f"person {ADA}",
        ),
    ],
)
def test_who_asks(live: Live, payload: Any, headers: dict[str, str], who: str) -> None:
    with peer(live.socket_address, headers=headers) as client:
        assert client.init(payload).answers("1", WHO) == [{"data": {"who": who}}]


@pytest.mark.parametrize("name", ["x-api-key", "X-API-Key"])
def test_a_company_asks(live: Live, api_key: str, name: str) -> None:
    company = {"who": f"company {GRACES_COMPANY}"}
    with peer(live.socket_address) as client:
        (answer,) = client.init({name: api_key}).answers("1", WHO)
        assert answer["data"] == company
    with peer(live.socket_address, headers={name: api_key}) as client:
        (answer,) = client.init().answers("1", WHO)
        assert answer["data"] == company


@pytest.mark.parametrize(
    ("payload", "headers"),
    [
        ({"authorization": "Bearer nonsense"}, {}),
        ({"authorization": 7}, {}),
        ({"authorization": ""}, {}),
        ({"x-api-key": "nonsense"}, {}),
        ({"x-api-key": {"a": 1}}, {}),
        ({"x-api-key": "x", "authorization": f"Bearer {token_of(ADA)}"}, {}),
        (None, {"authorization": "Bearer nonsense"}),
        (None, {"x-api-key": "nonsense"}),
    ],
)
def test_a_credential_that_is_not_accepted(
    live: Live, payload: Any, headers: dict[str, str]
) -> None:
    with peer(live.socket_address, headers=headers) as client:
        client.say("connection_init", payload=payload)
        assert client.closing() == (4403, "Forbidden")


def test_who_is_being_erased_asks_nothing_more_over_an_open_socket(own_world: str) -> None:
    with live_server(own_world) as live, peer(live.socket_address) as client:
        client.init({"authorization": f"Bearer {token_of(ADA)}"})
        assert client.answers("1", WHO) == [{"data": {"who": f"person {ADA}"}}]
        asyncio.run(run(own_world, f"UPDATE users SET erasure_began_at = now() WHERE id = {ADA}"))
        client.subscribe("2", WHO)
        assert client.closing() == (4403, "Forbidden")


def test_a_token_that_expires_closes_the_socket_and_the_sources(world: str) -> None:
    token = issue_token(SECRET, user_id=ADA, roles=(), ttl_seconds=1, now=NOW)
    time = Time(NOW + timedelta(seconds=0.9))
    with live_server(world, clock=time) as live, peer(live.socket_address) as client:
        client.init({"authorization": f"Bearer {token}"})
        client.subscribe("1", ENDLESS, variables={"name": "expired"})
        WATCH.until_open("expired")
        time.now = NOW + timedelta(seconds=1)
        assert client.closing() == (4403, "Forbidden")
        WATCH.until_closed("expired")


def test_a_key_that_cannot_be_checked(postgres: str, template: str, api_key: str) -> None:
    """The database is gone when the key is to be looked up."""
    with new_database(postgres, template) as url:
        running = live_server(url)
        live = running.__enter__()
    try:
        with peer(live.socket_address) as client:
            client.say("connection_init", payload={"x-api-key": api_key})
            assert client.closing() == (1013, "API keys cannot be checked at the moment.")
    finally:
        running.__exit__(None, None, None)


@pytest.mark.parametrize(
    "origin", [None, ALLOWED_ORIGIN, "HTTPS://Chat.Example", "http://127.0.0.1:{port}"]
)
def test_pages_that_may_connect(live: Live, origin: str | None) -> None:
    port = live.address.rpartition(":")[2]
    offered = origin and origin.format(port=port)
    with peer(live.socket_address, origin=offered) as client:
        client.init()


@pytest.mark.parametrize(
    "origin",
    ["null", "https://evil.example", "https://chat.example.evil.example", "http://127.0.0.1:1"],
)
def test_pages_that_may_not_connect(live: Live, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused, peer(live.socket_address, origin=origin):
        pass
    response = refused.value.response
    (error,) = json.loads(response.body or b"")["errors"]
    assert (response.status_code, error["extensions"]) == (403, {"code": "FORBIDDEN"})
    advice = "open the page" if origin == "null" else f"GRAPHQL_ALLOWED_ORIGINS={origin}"
    assert advice in error["message"]
