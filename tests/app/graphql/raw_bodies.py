"""Bodies sent to /graphql as they are, and what refuses them."""

from collections.abc import Iterator

import httpx2

from tests.fixtures.servers.server import Api

JSON = "application/json"
PLANS = "{ plans { code } }"
PLANS_DATA = {"data": {"plans": [{"code": "basic-entry"}, {"code": "premium-unlimited"}]}}


def post(api: Api, body: bytes | Iterator[bytes], **headers: str) -> httpx2.Response:
    """Send a body as it is."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.http.post("/graphql", content=body, headers={"content-type": JSON} | named)


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    """Status and code of an answer that is one error, without data."""
    body = answer.json()
    assert set(body) == {"errors"}
    (error,) = body["errors"]
    assert error["message"]
    return answer.status_code, error["extensions"]["code"]
