"""Requests as real clients send them: by document id, with a credential, over HTTP."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import asyncpg
import orjson

from app.authentication.tokens import issue_token
from db.connections.capture import ExecutedStatement, capture_statements
from gql.documents.budgets.budget import DEFAULT
from gql.documents.trusted_documents import TrustedDocument, trusted_documents
from metrics.generation import REPLIES_RUNNING
from perf.counting.threaded_model import ThreadedModel
from perf.counting.ways import Way, encode_request
from perf.gate.execution.following import is_endless
from perf.gate.execution.in_process import (
    NOW,
    REPLY_STATEMENTS,
    STREAM_STATEMENTS,
    DocumentAnswer,
    ResourceUsage,
    RunFailed,
    answers_before_reply,
    first_refusal,
)
from perf.servers.in_process import InProcessServer
from services.callers.principal import ApiClient, Person, Principal
from services.enterprise.keys import generate_key

_GREETING = TrustedDocument("Greeting", "query Greeting { viewer { id } }", DEFAULT)
"""Replaces the warm-up document if that has no valid budget, so the others can still be counted."""
_DAY_SECONDS = 86_400
_KEY_ID_BYTES = 8
_LOOK_SECONDS = 0.001
_NOTHING = nullcontext()
_EVENT, _DATA = b"\n\n", b"data: "


class InProcessClient:
    """Sends documents, one after another."""

    def __init__(
        self,
        server: InProcessServer,
        model: ThreadedModel,
        connection: "asyncpg.Connection[asyncpg.Record]",
        *,
        secret: str,
    ) -> None:
        self._server = server
        self._model = model
        self._connection = connection
        self._secret = secret
        self._credentials: dict[Principal, dict[str, str]] = {}

    @property
    def connection(self) -> "asyncpg.Connection[asyncpg.Record]":
        """The connection with which scenarios restore data."""
        return self._connection

    async def warm_up(self, principal: Principal) -> None:
        """Send one request, so that the caller's credential is known to the server."""
        name = "EnterpriseUsage" if isinstance(principal, ApiClient) else "Quota"
        await self.ask(trusted_documents().get(name, _GREETING), principal, {})

    def reconnect(self) -> None:
        """Send what follows over a new connection."""
        self._server.reconnect()

    async def wait_for_replies(self) -> None:
        """Wait until no reply is being generated in the background."""
        self._model.resume()
        while REPLIES_RUNNING._value.get():  # noqa: ASYNC110, SLF001 - it is known by being looked at
            await asyncio.sleep(_LOOK_SECONDS)

    # Any: variables and data are JSON.
    async def run(
        self, document: TrustedDocument, principal: Principal, variables: Mapping[str, Any]
    ) -> tuple[ResourceUsage, list[Any]]:
        """The usage, and the data of the answers; raises `RunFailed` on any error or refusal."""
        result = require_success(document, await self.ask(document, principal, variables))
        return result.usage, [body["data"] for body in result.bodies]

    # Any: variables are JSON.
    async def ask(
        self,
        document: TrustedDocument,
        principal: Principal,
        variables: Mapping[str, Any],
        *,
        measuring: AbstractContextManager[object] = _NOTHING,
        way: Way = Way.POST,
    ) -> DocumentAnswer:
        """Run a document; the result may be a refusal."""
        request = encode_request(way, document, variables, self._credential(principal))
        is_left = answers_before_reply(document, variables)
        resumes_after = STREAM_STATEMENTS if is_left else REPLY_STATEMENTS
        ran: list[ExecutedStatement] = []

        def record(one: ExecutedStatement) -> None:
            ran.append(one)
            if one.statement.name in resumes_after:
                self._model.resume()

        self._model.pause()
        with capture_statements(record):
            answer = await self._server.exchange(request, measuring, is_left=is_endless(document))
        bodies = (_bodies if way is not Way.TOOL else _tool_result)(document, answer)
        return DocumentAnswer(
            ResourceUsage(tuple(ran), len(answer), 0), bodies, first_refusal(bodies)
        )

    def _credential(self, principal: Principal) -> dict[str, str]:
        known = self._credentials.get(principal)
        if known is None:
            known = self._credentials[principal] = self._new_credential(principal)
        return known

    def _new_credential(self, principal: Principal) -> dict[str, str]:
        if isinstance(principal, ApiClient):
            return {"x-api-key": api_key_of(principal.account_id)}
        if not isinstance(principal, Person):
            return {}
        token = issue_token(
            self._secret,
            user_id=principal.user_id,
            roles=sorted(principal.roles),
            ttl_seconds=_DAY_SECONDS,
            now=NOW,
        )
        return {"authorization": f"Bearer {token}"}


def api_key_of(account_id: int) -> str:
    """The key that `callers.sql` stores for a company whose calls are counted."""

    def known(length: int) -> bytes:
        return account_id.to_bytes(length) if length == _KEY_ID_BYTES else bytes(length)

    return generate_key(known).text


def require_success(document: TrustedDocument, result: DocumentAnswer) -> DocumentAnswer:
    """Return the result unchanged; raises `RunFailed` if any part was refused."""
    if result.refusal is not None:
        said = orjson.dumps(result.bodies[-1]).decode()
        raise RunFailed(f"{document.name} was answered with {said}")
    return result


# Any: bodies are JSON.
def _bodies(document: TrustedDocument, answer: bytes) -> tuple[dict[str, Any], ...]:
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        raise RunFailed(f"{document.name} was answered with {answer.decode(errors='replace')}")
    if b"text/event-stream" not in head:
        return (orjson.loads(body),)
    data = (event.partition(_DATA)[2].partition(b"\n")[0] for event in body.split(_EVENT))
    return tuple(orjson.loads(one) for one in data if one)


# Any: as above.
def _tool_result(document: TrustedDocument, answer: bytes) -> tuple[dict[str, Any], ...]:
    head, _, body = answer.partition(b"\r\n\r\n")
    said = body.partition(_DATA)[2] if b"text/event-stream" in head else body
    result = orjson.loads(said.splitlines()[0]).get("result", {}) if said else {}
    told = result.get("structuredContent", {})
    if "data" not in told:
        raise RunFailed(f"{document.name} was answered with {answer.decode(errors='replace')}")
    return (told,)
