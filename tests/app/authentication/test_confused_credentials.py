"""What is said of a credential that is another kind's, or mistyped."""

from zlib import crc32

import pytest

from tests.fixtures.servers.server import Api, token_of
from tests.fixtures.stores.world import ADA

TOKEN_AS_KEY = "The API key is a person's token, for `Authorization: Bearer …`."
KEY_AS_TOKEN = "The token is not accepted: it is an API key, for `X-API-Key`."
MISTYPED = "The API key is mistyped: copy it whole, without spaces or quotes."
WRONG = "The API key is wrong, expired or revoked."
NOBODYS = "gk_0000000000000000_000000000000000000000000000000000000000000000000"


def refused(api: Api, **headers: str) -> str:
    """The message with which a credential is refused."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = api.http.post("/graphql", json={"query": "{ plans { code } }"}, headers=named)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (401, "UNAUTHENTICATED")
    return str(error["message"])


def test_a_token_in_the_place_of_a_key(api: Api) -> None:
    assert refused(api, x_api_key=token_of(ADA)) == TOKEN_AS_KEY


def test_a_key_in_the_place_of_a_token(api: Api, api_key: str) -> None:
    assert refused(api, authorization=f"Bearer {api_key}") == KEY_AS_TOKEN


@pytest.mark.parametrize("cut", [slice(-1), slice(1, None), slice(0)])
def test_a_key_that_is_not_all_there(api: Api, api_key: str, cut: slice) -> None:
    assert refused(api, x_api_key=api_key[cut]) == MISTYPED


def test_a_key_of_nobody(api: Api) -> None:
    checksum = f"{crc32(NOBODYS.encode()):08x}"
    assert refused(api, x_api_key=NOBODYS + checksum) == WRONG
