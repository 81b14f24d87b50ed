"""A server that is already running, and callers whose tokens are given on the command line."""

import asyncio
import base64
import binascii
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from gql.documents.registry.built_in import RESERVED
from perf.load.workload.callers import CallersMissing
from perf.servers.client import Client, Request, client_of
from perf.servers.credentials import CallerCredentials
from perf.servers.seeded import ServerUnderTest
from services.clock import system_clock

_QUOTA = orjson.dumps({"documentId": f"{RESERVED}Quota"})
_USAGE = orjson.dumps({"documentId": f"{RESERVED}EnterpriseUsage"})
_OK, _UNAUTHORIZED, _TOO_MANY = 200, 401, 429
_MOST_SHOWN = 200


def target_of_running_server(
    url: str, tokens: Sequence[str], api_key: str | None, *, takes_writes: bool
) -> ServerUnderTest:
    """A target for the server at `url`; only reads are sent unless it `takes_writes`."""
    return ServerUnderTest(
        url.rstrip("/").removesuffix("/graphql"),
        CallerCredentials(tokens, (), api_key),
        data=f"what {url} has",
        model=f"what {url} uses",
        is_own=False,
        takes_writes=takes_writes,
    )


def strip_scheme(token: str) -> str:
    """A token without surrounding space and `Bearer`; raises `ValueError` if it is not one word."""
    words = token.split()
    if words and words[0].lower() == "bearer":
        words = words[1:]
    if len(words) != 1 or not words[0].isascii():
        raise ValueError("a token is one word of ASCII, as it stands after `Bearer` in the header")
    return words[0]


def seconds_left(token: str, now: float) -> float | None:
    """Seconds until an unverified JSON Web Token expires; None if it does not say."""
    try:
        payload = token.split(".")[1]
        claims = orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(claims["exp"]) - now
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error):
        return None


def expiry_warnings(target: ServerUnderTest, seconds: float) -> Iterator[str]:
    """A warning for each token that expires within `seconds`."""
    tokens = target.credentials.people
    for number, token in enumerate(tokens, start=1):
        left = seconds_left(token, system_clock().timestamp())
        if left is not None and left < seconds:
            yield (
                f"token {number} of {len(tokens)} expires in {max(0.0, left):.0f} s, before the "
                f"run of {seconds:.0f} s ends"
            )


def check_callers(target: ServerUnderTest, *, messages: int) -> tuple[list[str], str | None]:
    """Tokens with quota for `messages` messages, and why probes cannot be sent, if they cannot.

    Raises `CallersMissing` if the server rejects one of the credentials.
    """
    return asyncio.run(_check(target, messages))


async def _check(target: ServerUnderTest, messages: int) -> tuple[list[str], str | None]:
    senders: list[str] = []
    people = target.credentials
    async with client_of(target.url) as client:
        for number, token in enumerate(people.people, start=1):
            whose = f"token {number} of {len(people.people)}"
            headers = {"authorization": f"Bearer {token}"}
            data = await _data(client, Request(_QUOTA, headers), whose)
            if data is not None and data.get("viewer") is None:
                raise CallersMissing(f"{whose} is of a person whom the server does not know")
            if data is None or data["viewer"]["quota"]["remaining"] >= messages:
                senders.append(token)
        if people.api_key is not None:
            await _data(client, Request(_USAGE, {"x-api-key": people.api_key}), "the API key")
        probed = await client.get("/readyz")
    if messages and not senders:
        raise CallersMissing(
            f"none of the given people may send {messages} messages today: leave --writes out, or "
            "give more tokens"
        )
    return senders, None if probed.status == _OK else f"GET /readyz answers with {probed.status}"


# Any: JSON.
async def _data(client: Client, request: Request, whose: str) -> dict[str, Any] | None:
    """The data of an answer; None if the server throttles the request."""
    answer = await client.post(request)
    if answer.status == _TOO_MANY:
        return None
    if answer.status == _UNAUTHORIZED:
        raise CallersMissing(f"the server does not accept {whose}: HTTP 401, {_said(answer.body)}")
    try:
        data: dict[str, Any] | None = orjson.loads(answer.body)["data"]
    except (KeyError, TypeError, orjson.JSONDecodeError):
        data = None
    if answer.status != _OK or not isinstance(data, dict):
        raise CallersMissing(
            f"the server answers {whose} with HTTP {answer.status}: {_said(answer.body)}"
        )
    return data


def _said(body: bytes) -> str:
    """The message of the first error, or the beginning of the body."""
    try:
        return str(orjson.loads(body)["errors"][0]["message"])[:_MOST_SHOWN]
    except (LookupError, TypeError, orjson.JSONDecodeError):
        return body[:_MOST_SHOWN].decode(errors="replace") or "without a word"
