"""Keys over the API: shown once, replaced without an outage, revoked everywhere at once."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from gql.values.ids import global_id
from tests.fixtures.servers.server import Api, serving, settings_for
from tests.fixtures.stores.postgres import everything, run
from tests.fixtures.stores.world import ADA, ADAS_COMPANY, GRACE, GRACES_CREDENTIAL, NOW
from tests.gql.resolvers.credential_documents import CREATE, KEYS, REVOKE, ROTATE

COMPANY = "{ enterpriseAccount { companyName } }"
HUNDRED_AND_TEN_EXPIRED = f"""
INSERT INTO enterprise_credentials (enterprise_account_id, key_id, secret_hash, status, created_at,
    expires_at)
  SELECT {ADAS_COMPANY}, lpad(n::text, 16, 'f'), sha256('x'), 'retiring', '{NOW}', '{NOW}'
  FROM generate_series(1, 110) n"""
FOREIGN = global_id("ApiCredential", GRACES_CREDENTIAL)
NOT_FOUND = {"code": "NOT_FOUND", "field": ["input", "credentialId"]}


@pytest.fixture
def two(own_world: str, tmp_path: Path) -> Iterator[tuple[Api, Api]]:
    """Two instances on one database."""
    settings = settings_for(own_world, tmp_path)
    with serving(settings) as one, serving(settings) as other:
        yield one, other


# Any: JSON.
def created(api: Api, key: str = "first") -> Any:
    return api.data(CREATE, {"key": key}, viewer=ADA)["createApiCredential"]


def test_a_rotation_without_an_outage(two: tuple[Api, Api]) -> None:
    one, other = two
    first = created(one)
    assert first["credential"]["keyPrefix"] == first["apiKey"][:19]
    assert created(other) == {**first, "apiKey": None}
    old = first["apiKey"]
    second = one.data(ROTATE, {"id": first["credential"]["id"], "overlap": 60}, viewer=ADA)[
        "rotateApiCredential"
    ]
    for key in (old, second["apiKey"]):
        assert other.data(COMPANY, api_key=key) == {
            "enterpriseAccount": {"companyName": "Analytical Engines"}
        }
    rows = {row["id"]: row for row in _credentials(one)}
    assert rows[first["credential"]["id"]] == {
        "id": first["credential"]["id"],
        "status": "RETIRING",
        "expiresAt": "2026-02-20T09:31:00Z",
    }
    assert rows[second["credential"]["id"]]["status"] == "ACTIVE"


async def test_of_many_keys_those_that_are_accepted_are_listed(
    own_world: str, two: tuple[Api, Api]
) -> None:
    await run(own_world, HUNDRED_AND_TEN_EXPIRED)
    statuses = [one["status"] for one in _credentials(two[0])]
    # The one that is accepted is older than all that have expired.
    assert (statuses.count("ACTIVE"), statuses.count("REVOKED"), len(statuses)) == (1, 99, 100)
    assert statuses[0] == "ACTIVE"


def test_a_revoked_key_is_refused_everywhere_from_the_next_call_on(two: tuple[Api, Api]) -> None:
    one, other = two
    first = created(one)
    key, id_ = first["apiKey"], first["credential"]["id"]
    for api in two:
        api.data(COMPANY, api_key=key)
    revoked = one.data(REVOKE, {"id": id_}, viewer=ADA)["revokeApiCredential"]
    assert revoked == {"credential": {"id": id_, "status": "REVOKED"}, "userErrors": []}
    for api in two:
        assert api.error(COMPANY, api_key=key)[0] == "UNAUTHENTICATED"
    again = other.data(REVOKE, {"id": id_}, viewer=ADA)["revokeApiCredential"]
    assert again == revoked


def test_a_revoked_key_is_refused_on_a_socket_that_was_opened_before(two: tuple[Api, Api]) -> None:
    one, other = two
    first = created(one)
    address = str(other.http.base_url).replace("http", "ws") + "/graphql"
    with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        init = {"type": "connection_init", "payload": {"X-API-Key": first["apiKey"]}}
        ask = {"type": "subscribe", "id": "1", "payload": {"query": COMPANY}}
        for message in (init, ask):
            socket.send(orjson.dumps(message).decode())
        heard = [orjson.loads(socket.recv(timeout=20))["type"] for _ in range(3)]
        assert heard == ["connection_ack", "next", "complete"]
        one.data(REVOKE, {"id": first["credential"]["id"]}, viewer=ADA)
        socket.send(orjson.dumps(ask).decode())
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=20)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4403


def test_a_strangers_key_is_one_that_does_not_exist(two: tuple[Api, Api]) -> None:
    api, _ = two
    for id_ in (FOREIGN, global_id("ApiCredential", 987_654), global_id("User", ADA), "no id"):
        rotated = api.data(ROTATE, {"id": id_, "overlap": 0}, viewer=ADA)["rotateApiCredential"]
        assert rotated == {"apiKey": None, "credential": None, "userErrors": [NOT_FOUND]}
        revoked = api.data(REVOKE, {"id": id_}, viewer=ADA)["revokeApiCredential"]
        assert revoked == {"credential": None, "userErrors": [NOT_FOUND]}
    (row,) = api.data(KEYS, viewer=GRACE)["enterpriseAccount"]["credentials"]
    assert row["status"] == "ACTIVE"


def test_a_key_makes_no_keys(two: tuple[Api, Api]) -> None:
    api, _ = two
    key = created(api)["apiKey"]
    for caller in ({"api_key": key}, {}):
        for document, variables in (
            (CREATE, {"key": "k"}),
            (ROTATE, {"id": FOREIGN, "overlap": 0}),
            (REVOKE, {"id": FOREIGN}),
        ):
            assert api.error(document, variables, **caller)[0] == "UNAUTHENTICATED"


def test_the_newest_hundred_are_shown_and_accepted_ones_first(
    own_world: str, tmp_path: Path
) -> None:
    values = ", ".join(
        f"({ADA}, '{number:016x}', decode(repeat('00', 32), 'hex'), "
        f"'{'active' if number == 1000 else 'revoked'}', '2026-01-01'::timestamptz + "
        f"interval '{number} minutes')"
        for number in range(1000, 1150)
    )
    with serving(settings_for(own_world, tmp_path)) as api:
        asyncio.run(
            run(
                own_world,
                "INSERT INTO enterprise_credentials (enterprise_account_id, key_id, secret_hash, "
                f"status, created_at) VALUES {values}",
            )
        )
        rows = _credentials(api)
    assert len(rows) == 100
    assert [row["status"] for row in rows[:2]] == ["ACTIVE", "REVOKED"]


def test_the_secret_is_nowhere(
    own_world: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with serving(settings_for(own_world, tmp_path)) as api:
        first = created(api)
        key = first["apiKey"]
        api.data(COMPANY, api_key=key)
        created(api)
        second = api.data(ROTATE, {"id": first["credential"]["id"], "overlap": 0}, viewer=ADA)[
            "rotateApiCredential"
        ]["apiKey"]
        refusal = api.ask(COMPANY, api_key=key)
        twice = api.http.post("/graphql", json={"query": COMPANY}, headers={"x-api-key": key * 2})
        metrics = api.http.get("/metrics").text
    assert refusal["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    captured = capfd.readouterr()
    everything = "".join(
        (captured.out, captured.err, metrics, str(refusal), twice.text, _dump(own_world))
    )
    assert first["credential"]["keyPrefix"] in everything
    for text in (key, second):
        secret = text[20:68]
        assert not re.search(f"{secret}|{text[20:40]}|{secret.encode().hex()}", everything)


# Any: JSON.
def _credentials(api: Api) -> Any:
    return api.data(KEYS, viewer=ADA)["enterpriseAccount"]["credentials"]


def _dump(url: str) -> str:
    """Every row of every table, as text."""
    tables = asyncio.run(everything(url))
    return "\n".join(row for rows in tables.values() for row in rows)
