"""Our schema over a database whose rows have awkward contents, asked with both executors."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from inspect import isawaitable
from itertools import cycle, islice
from typing import Any

import asyncpg
from graphql import ExecutionResult
from graphql.execution.values import VariableValues
from orjson import dumps

from app.wiring import Application
from db.request_scope import RequestScope
from gql.build import core_schema
from gql.documents.document_cache import DocumentCache
from gql.documents.operation import Operation
from gql.documents.validation.limits import Limits
from gql.runtime.execution import begin, coerce_variables, create_executor
from gql.values.cursors import encode_cursor
from gql.values.ids import global_id
from services.callers.principal import Principal
from tests.fixtures.stores.world import (
    ADA,
    ADAS_COMPANY,
    ADAS_CONVERSATIONS,
    ADAS_CREDENTIALS,
    ADAS_REQUESTS,
    GRACES_CONVERSATION,
    LONG_MESSAGES,
)

CORE = core_schema()
PREPARATION = DocumentCache(
    CORE, limits=Limits(tokens=20_000, depth=30, aliases=5_000), allows_introspection=True
)
AWKWARD = "\"\\/\b\f\n\r\t\x01\x1f\x7f\x80\u2028\u2029\ufeff\U0001f600é\\u0041{}$1%s{v1}'"
TEXTS = ["x", AWKWARD, "\u2028", "'", '"', "\\", "\U0001f600" * 60, "\x7f", "{0}", "</script>"]
_DIGITS = [0, 500_000, 250_000, 125_000, 123_400, 123_450, 123_456, 1]
FIRST = datetime(1, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, 59, 999_998, tzinfo=UTC)
"""What lies beyond is infinite to the driver."""
INSTANTS = [FIRST, LAST, *(datetime(2026, 2, 20, 9, 30, 0, one, tzinfo=UTC) for one in _DIGITS)]


def conversation_at(key: int) -> datetime:
    """When a conversation of Ada's was changed."""
    return INSTANTS[key % len(INSTANTS)]


async def make_unusual(url: str) -> None:
    """Put awkward contents into the small world's rows."""
    connection = await asyncpg.connect(url)
    try:
        for statement, rows in _changes():
            await connection.executemany(statement, rows)
    finally:
        await connection.close()


def _changes() -> Iterator[tuple[str, list[tuple[object, ...]]]]:
    yield (
        _update("chat_conversations", "title", "updated_at"),
        [
            (key, title, conversation_at(key))
            for key, title in zip(ADAS_CONVERSATIONS, cycle(TEXTS), strict=False)
        ],
    )
    contents = ["", "x" * 100_000, *TEXTS]
    yield (
        _update("chat_messages", "content", "created_at"),
        [
            (key, contents[key % len(contents)], INSTANTS[key % len(INSTANTS)])
            for key in [*LONG_MESSAGES, *range(100, 240)]
        ],
    )
    yield (
        _update("chat_messages", "status", "failure_reason", "model", "attempts", "prompt_tokens"),
        [
            (2, "streaming", None, AWKWARD, 1, None),
            (4, "failed", "refused", "", 2**31 - 1, 0),
            (6, "stopped", None, None, None, 7),
        ],
    )
    yield (
        _update("user_privacy_requests", "requested_at", "scheduled_for", "error_reason"),
        [
            (1, FIRST, LAST, None),
            (2, INSTANTS[3], None, "storage_full"),
            (3, INSTANTS[4], INSTANTS[5], AWKWARD),
        ],
    )
    yield (
        _update("enterprise_accounts", "company_name"),
        [(ADAS_COMPANY, AWKWARD)],
    )
    yield (
        _update("enterprise_credentials", "created_at", "last_used_at", "expires_at"),
        [(1, INSTANTS[6], None, FIRST), (2, INSTANTS[7], INSTANTS[8], LAST)],
    )
    yield "UPDATE billing_plans SET display_name = $2 WHERE code = $1", [("basic-entry", AWKWARD)]
    yield _update("users", "created_at"), [(ADA, INSTANTS[9])]


def _update(table: str, *columns: str) -> str:
    given = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, 2))
    return f"UPDATE {table} SET {given} WHERE id = $1"


IDS = [
    global_id("User", ADA),
    *(global_id("Conversation", key) for key in (*islice(ADAS_CONVERSATIONS, 9), 99)),
    global_id("Conversation", GRACES_CONVERSATION),
    *(global_id("Message", key) for key in (*islice(LONG_MESSAGES, 9), 999)),
    *(global_id("PrivacyRequest", key) for key in ADAS_REQUESTS),
    *(global_id("ApiCredential", key) for key in ADAS_CREDENTIALS),
    global_id("EnterpriseAccount", ADAS_COMPANY),
    global_id("Nothing", 1),
]
_CURSORS = [
    encode_cursor(f"conversations:{ADA}", conversation_at(key), key) for key in range(1, 12)
]
_SIZES = ["", "(first: 1)", "(first: 4)", "(last: 3)", "(first: null)", "(last: 100)"]
ARGUMENTS: dict[str, Sequence[str]] = {
    "Query.node": [f'(id: "{one}")' for one in IDS],
    "Query.nodes": [
        "(ids: [])",
        f'(ids: ["{IDS[1]}", "{IDS[1]}"])',
        f"(ids: {dumps(IDS).decode()})",
    ],
    "Query.conversation": [f'(id: "{one}")' for one in IDS[:9]],
    "User.conversations": [
        *_SIZES,
        "(status: ARCHIVED)",
        *(f'(first: 5, after: "{one}")' for one in _CURSORS),
        *(f'(last: 2, before: "{one}", status: ACTIVE)' for one in _CURSORS),
    ],
    "User.privacyRequests": ["", "(first: 2)", "(kind: EXPORT)", "(kind: DELETE, first: 1)"],
    "User.latestPrivacyRequest": ["(kind: EXPORT)", "(kind: DELETE)"],
    "Conversation.messages": _SIZES,
    "EnterpriseAccount.dailyUsage": [
        '(from: "2026-02-19", to: "2026-02-21")',
        '(from: "2026-02-01", to: "2026-02-01")',
        '(from: "2025-12-01", to: "2026-02-28")',
    ],
}


class Asking:
    """Asks an application of this process."""

    def __init__(self, runner: asyncio.Runner, application: Application) -> None:
        self._runner = runner
        self._contexts = application.graphql.contexts

    def compiled(self, operation: Operation, caller: Principal) -> ExecutionResult:
        """The answer of compiled code."""

        async def answer(values: VariableValues) -> ExecutionResult:
            context = self._contexts.new(operation, caller, "request")
            result = begin(CORE, operation, values, context, is_encoded=True)
            return await result if isawaitable(result) else result

        return self._runner.run(self._in_work(answer, operation))

    def stock(self, operation: Operation, caller: Principal) -> ExecutionResult:
        """The answer of graphql-core's executor."""

        async def answer(values: VariableValues) -> Any:
            context = self._contexts.new(operation, caller, "request")
            result = create_executor(CORE, operation, values, context).execute_operation()
            return await result if isawaitable(result) else result

        return self._runner.run(self._in_work(answer, operation))

    # Any: a coroutine function.
    async def _in_work(self, answer: Any, operation: Operation) -> ExecutionResult:
        with RequestScope(None):
            result: ExecutionResult = await answer(coerce_variables(CORE, operation, None))
            return result


def prepared(document: str) -> Operation:
    """The operation of a valid document, compiled when it is run."""
    return PREPARATION.only_operation(document)
