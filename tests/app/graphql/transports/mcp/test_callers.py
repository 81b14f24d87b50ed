"""Who may call: a person's token or a company's key, and where agents are sent to sign in."""

from typing import Any

import pytest

from tests.app.graphql.transports.mcp.conftest import Tools
from tests.captured_logs import capture_logs
from tests.fixtures.servers.server import Api
from tests.fixtures.stores.world import ADA

ASKING = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
ACCEPTS = {"accept": "application/json, text/event-stream"}
METADATA = "/.well-known/oauth-protected-resource/mcp"


@pytest.mark.parametrize(
    "credential",
    [{}, {"authorization": "Bearer wrong"}, {"x-api-key": "wrong"}, {"authorization": "Basic x"}],
)
def test_without_a_credential_it_says_where_to_get_one(
    tools: Tools, credential: dict[str, str]
) -> None:
    answer = tools.api.http.post("/mcp", json=ASKING, headers=ACCEPTS | credential)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == (
        f'Bearer resource_metadata="https://api.example{METADATA}"'
    )
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


def test_the_metadata_names_the_issuers_of_tokens(tools: Tools) -> None:
    assert tools.api.http.get(METADATA).json() == {
        "resource": "https://api.example/mcp",
        "authorization_servers": ["https://id.example/"],
        "bearer_methods_supported": ["header"],
        "resource_name": "guidance-api",
    }


def test_other_methods_are_refused(tools: Tools) -> None:
    for method in ("GET", "DELETE", "PUT"):
        answer = tools.api.http.request(method, "/mcp", headers=tools.api.credentials(ADA))
        assert answer.status_code == 405


def test_a_body_that_is_too_large_is_refused(tools: Tools) -> None:
    body = ASKING | {"params": {"name": "x" * 300_000}}
    headers = ACCEPTS | tools.api.credentials(ADA)
    assert tools.api.http.post("/mcp", json=body, headers=headers).status_code == 413


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"jsonrpc": "2.0"}', b"\xff"])
def test_what_is_no_message_is_refused(tools: Tools, body: bytes) -> None:
    headers = ACCEPTS | tools.api.credentials(ADA) | {"content-type": "application/json"}
    assert tools.api.http.post("/mcp", content=body, headers=headers).status_code == 400


def test_there_is_nothing_unless_it_is_switched_on(api: Api) -> None:
    for path in ("/mcp", METADATA):
        assert api.http.post(path, json=ASKING, headers=ACCEPTS).status_code == 404


@pytest.mark.parametrize(
    ("origin", "status"),
    [(None, 200), ("http://localhost:3000", 200), ("https://evil.example", 403), ("null", 403)],
)
def test_pages_of_other_origins_are_refused(tools: Tools, origin: str | None, status: int) -> None:
    headers = ACCEPTS | tools.api.credentials(ADA) | ({"origin": origin} if origin else {})
    assert tools.api.http.post("/mcp", json=ASKING, headers=headers).status_code == status


CALLING = ASKING | {"method": "tools/call", "params": {"name": "Plans", "arguments": {}}}
CANCELLED = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}


# Any: a message is JSON.
@pytest.mark.parametrize(
    ("fields", "message", "status"),
    [
        ({"mcp-session-id": "of nobody"}, ASKING, 200),
        ({"mcp-protocol-version": "1999-01-01"}, ASKING, 400),
        ({"mcp-protocol-version": "'; DROP"}, ASKING, 400),
        ({"accept": "text/html"}, ASKING, 406),
        ({"content-type": "text/plain"}, ASKING, 400),
        ({}, [ASKING, CALLING], 400),
        ({}, CANCELLED, 202),
        ({}, ASKING | {"method": "resources/list"}, 200),
        ({}, ASKING | {"method": "tools/list", "params": {"cursor": "-1"}}, 200),
        ({}, ASKING | {"method": "tools/list", "params": {"cursor": "9" * 400}}, 200),
        ({}, CALLING | {"params": {"name": "Plans", "arguments": []}}, 200),
        ({}, CALLING | {"params": {"name": {"a": 1}}}, 200),
        ({}, CALLING | {"params": None}, 200),
        ({}, ASKING | {"id": {"a": 1}}, 202),
        ({}, ASKING | {"jsonrpc": "1.0"}, 400),
    ],
)
def test_messages_that_no_client_sends(
    tools: Tools, fields: dict[str, str], message: Any, status: int
) -> None:
    headers = ACCEPTS | tools.api.credentials(ADA) | fields
    with capture_logs() as logs:
        answer = tools.api.http.post("/mcp", json=message, headers=headers)
    assert (answer.status_code, answer.text[:300]) == (status, answer.text[:300])
    assert [one["event"] for one in logs if one["log_level"] == "error"] == []
    assert sum(one.get("statements", 0) for one in logs if one["event"] == "request") == 0


@pytest.mark.parametrize(
    "first",
    [
        r'"\ud800"',
        "1" * 400,
        "1e999",
        "NaN",
        "[" * 90 + "]" * 90,
        "[" * 1_500 + "]" * 1_500,
        "[" + "1," * 5_000 + "1]",
        '{"a":' * 500 + "1" + "}" * 500,
    ],
)
def test_arguments_that_are_no_arguments(tools: Tools, first: str) -> None:
    """Whatever the library makes of them, nothing of ours fails, and nothing is asked."""
    body = f"""{{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params":
      {{"name": "Titles", "arguments": {{"first": {first}}}}}}}"""
    headers = ACCEPTS | tools.api.credentials(ADA) | {"content-type": "application/json"}
    with capture_logs() as logs:
        answer = tools.api.http.post("/mcp", content=body, headers=headers)
    assert answer.status_code in {200, 400}
    assert "data" not in answer.text.replace("data: {", "")
    assert [one["event"] for one in logs if one["log_level"] == "error"] == []
    assert sum(one.get("statements", 0) for one in logs if one["event"] == "request") == 0
