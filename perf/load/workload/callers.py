"""Who sends each planned request, and what it contains."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle, repeat
from typing import Any
from uuid import uuid4

import orjson

from gql.documents.registry.built_in import RESERVED
from gql.documents.trusted_documents import trusted_documents
from perf.load.generator.samples import PROBE
from perf.load.monitoring.traced_parts import TRACED
from perf.load.workload.flows import Caller, Flow
from perf.load.workload.schedule import PlannedRequest
from perf.servers.client import Client, Request, client_of
from perf.servers.credentials import CallerCredentials

_QUOTA, _PAGE = "Quota", "ConversationPage"
_MOST_SHOWN = 300
_UNAUTHENTICATED = 401
_STRANGERS = (
    "the server accepts none of the tokens. Without --token they are signed with JWT_SECRET_KEY "
    "for the people of `guidance db seed --profile bench`; `guidance token --user-id N`, or "
    "`make run`, prints one where the server runs"
)
_NO_REQUEST = Request(b"", {})


class CallersMissing(Exception):
    """The server does not accept the callers of a run; the message says which are missing."""


@dataclass(slots=True)
class Callers:
    """Turns planned requests into requests, rotating among the callers of each kind."""

    flows: Mapping[str, Flow]
    api_key: str | None
    by_id: bool = False
    """Whether documents are sent by id, which servers in trusted mode require."""
    conversations: Mapping[str, str] = field(default_factory=dict)
    """A conversation of each sender, by token."""
    _turns: dict[Caller, Iterator[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers sent with every request."""

    @classmethod
    def for_flows(
        cls,
        flows: Mapping[str, Flow],
        people: CallerCredentials,
        senders: Sequence[str],
        *,
        by_id: bool = False,
        conversations: Mapping[str, str] | None = None,
    ) -> "Callers":
        """Callers for these flows."""
        turns: dict[Caller, Iterator[str]] = {
            Caller.PERSON: cycle(people.people),
            Caller.SENDER: cycle(senders),
            Caller.LEAVER: cycle(people.leavers),
        }
        return cls(flows, people.api_key, by_id, conversations or {}, turns)

    def alone(self) -> "Callers":
        """Callers of the same flows with one caller for each kind, whose requests are traced.

        Leavers still rotate, because a person can be erased only once.
        """
        turns = {
            caller: turn if caller is Caller.LEAVER else repeat(next(turn, ""))
            for caller, turn in self._turns.items()
        }
        return Callers(self.flows, self.api_key, self.by_id, self.conversations, turns, TRACED)

    def request(self, planned: PlannedRequest) -> Request:
        """The request to send for a planned one."""
        if planned.operation == PROBE:
            return _NO_REQUEST
        flow = self.flows[planned.operation]
        accepts = frozenset(one.value for one in flow.budget.accepts)
        token = "" if flow.caller is Caller.COMPANY else next(self._turns[flow.caller])
        variables = flow.variables(uuid4().hex)
        if flow.continues and token in self.conversations:
            variables["conversationId"] = self.conversations[token]
        return Request(
            orjson.dumps({**self._document(flow), "variables": variables}),
            {**self._credentials(token), **self.headers},
            # A server with other clients may throttle a load test.
            accepts | {"429"} if self.by_id else accepts,
        )

    def _credentials(self, token: str) -> dict[str, str]:
        return {"authorization": f"Bearer {token}"} if token else {"x-api-key": self.api_key or ""}

    def _document(self, flow: Flow) -> dict[str, str]:
        if self.by_id and flow.text is None:
            return {"documentId": f"{RESERVED}{flow.operation_name}"}
        return {"query": flow.document, "operationName": flow.operation_name}


def find_conversations(url: str, tokens: Sequence[str]) -> dict[str, str]:
    """A conversation by token, for each of these people who has one."""
    return asyncio.run(_find_conversations(url, tokens))


async def _find_conversations(url: str, tokens: Sequence[str]) -> dict[str, str]:
    found = {}
    body = orjson.dumps({"documentId": f"{RESERVED}{_PAGE}", "variables": {"first": 1}})
    async with client_of(url) as client:
        for token in tokens:
            answer = await client.post(Request(body, {"authorization": f"Bearer {token}"}))
            with suppress(LookupError, TypeError, orjson.JSONDecodeError):
                data = orjson.loads(answer.body)["data"]
                found[token] = str(data["viewer"]["conversations"]["edges"][0]["node"]["id"])
    return found


def find_senders(url: str, people: CallerCredentials, *, messages: int, wanted: int) -> list[str]:
    """Up to `wanted` tokens with quota for `messages` messages today; raises `CallersMissing`."""
    return asyncio.run(_find_senders(url, people.people, messages, wanted))


async def _find_senders(url: str, tokens: Sequence[str], messages: int, wanted: int) -> list[str]:
    found: list[str] = []
    async with client_of(url) as client:
        for token in tokens:
            viewer = await _viewer(client, token)
            if viewer is None:
                raise CallersMissing(_STRANGERS)
            if viewer["quota"]["remaining"] >= messages:
                found.append(token)
            if len(found) == wanted:
                return found
    if found:
        return found
    raise CallersMissing(f"nobody may send {messages} messages today")


# Any: JSON.
async def _viewer(client: Client, token: str) -> dict[str, Any] | None:
    """The `viewer` of a token; raises `CallersMissing` if the answer has no data."""
    body = orjson.dumps({"query": trusted_documents()[_QUOTA].text})
    answer = await client.post(Request(body, {"authorization": f"Bearer {token}"}))
    try:
        viewer: dict[str, Any] | None = orjson.loads(answer.body)["data"]["viewer"]
    except (KeyError, TypeError, orjson.JSONDecodeError):
        if answer.status == _UNAUTHENTICATED:
            raise CallersMissing(_STRANGERS) from None
        said = answer.body[:_MOST_SHOWN].decode(errors="replace")
        raise CallersMissing(f"the server answers with {answer.status}: {said}") from None
    return viewer
