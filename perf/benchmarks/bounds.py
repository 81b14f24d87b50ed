"""The bounds: the same answers by a bare uvicorn application, with no GraphQL and no checks at all.

Under `/rows/` it reads rows and writes the answer by hand with orjson (bound R); under `/json/` it
sends what PostgreSQL has built (bound J). The rest of the path names the operation and the person.
"""

import os
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import asyncpg
import orjson

from gql.values.cursors import encode_cursor
from gql.values.ids import global_id
from perf.benchmarks import bound_statements as statements

_PAGE_SIZE = 20
_HEADERS = [(b"content-type", b"application/graphql-response+json; charset=utf-8")]

# Any: rows, scopes and messages are whatever the driver and ASGI have in them.
_Answer = Callable[[Any, int, datetime], Awaitable[bytes]]


async def _quota_rows(pool: Any, user_id: int, now: datetime) -> bytes:
    row = await pool.fetchrow(statements.QUOTA_ROWS, user_id, now.date())
    is_active, used = row["status"] == "active", row["used"] or 0
    limit = row["daily_message_limit"] if is_active else 0
    remaining = max(0, limit - used)
    state = ("AVAILABLE" if remaining else "EXHAUSTED") if is_active else "NO_ACTIVE_SUBSCRIPTION"
    return _written(
        {
            "id": global_id("User", user_id),
            "subscription": {
                "status": row["status"].upper(),
                "plan": {"code": row["plan_code"]},
            },
            "quota": {
                "state": state,
                "limit": limit,
                "used": used,
                "remaining": remaining,
                "resetsAt": _midnight(now),
            },
        }
    )


async def _page_rows(pool: Any, user_id: int, _now: datetime) -> bytes:
    rows = await pool.fetch(statements.PAGE_ROWS, user_id)
    edges = [{"node": _conversation(row)} for row in rows[:_PAGE_SIZE]]
    return _written({"conversations": {"edges": edges, "pageInfo": _page_info(user_id, rows)}})


async def _page_with_messages_rows(pool: Any, user_id: int, _now: datetime) -> bytes:
    rows = await pool.fetch(statements.PAGE_ROWS, user_id)
    shown = rows[:_PAGE_SIZE]
    messages = defaultdict(list)
    for row in await pool.fetch(statements.MESSAGE_ROWS, [row["id"] for row in shown]):
        messages[row["conversation_id"]].append(
            {
                "node": {
                    "id": global_id("Message", row["id"]),
                    "role": row["role"].upper(),
                    "status": row["status"].upper(),
                    "content": row["content"],
                    "createdAt": row["created_at"],
                }
            }
        )
    edges = [
        {"node": _conversation(row) | {"messages": {"edges": messages[row["id"]][::-1]}}}
        for row in shown
    ]
    return _written({"conversations": {"edges": edges, "pageInfo": _page_info(user_id, rows)}})


def _conversation(row: Any) -> dict[str, Any]:
    return {
        "id": global_id("Conversation", row["id"]),
        "title": row["title"],
        "status": row["status"].upper(),
        "updatedAt": row["updated_at"],
    }


def _page_info(user_id: int, rows: Any) -> dict[str, Any]:
    last = rows[:_PAGE_SIZE][-1] if rows else None
    return {
        "hasNextPage": len(rows) > _PAGE_SIZE,
        "endCursor": _cursor(user_id, last["updated_at"], last["id"]) if last else None,
    }


async def _quota_json(pool: Any, user_id: int, now: datetime) -> bytes:
    resets_at = _midnight(now).isoformat()[:-6] + "Z"
    written: str = await pool.fetchval(
        statements.QUOTA_JSON, user_id, now.date(), resets_at, global_id("User", user_id)
    )
    return written.encode()


async def _page_json(pool: Any, user_id: int, _now: datetime) -> bytes:
    return await _built_page(pool, statements.PAGE_JSON, user_id)


async def _page_with_messages_json(pool: Any, user_id: int, _now: datetime) -> bytes:
    return await _built_page(pool, statements.PAGE_WITH_MESSAGES_JSON, user_id)


async def _built_page(pool: Any, statement: str, user_id: int) -> bytes:
    row = await pool.fetchrow(statement, user_id)
    cursor = _cursor(user_id, row["last_at"], row["last_id"]) if row["edges"] else None
    page_info = orjson.dumps({"hasNextPage": row["has_next"] or False, "endCursor": cursor})
    edges = (row["edges"] or "[]").encode()
    return b'{"data":{"viewer":{"conversations":{"edges":%b,"pageInfo":%b}}}}' % (edges, page_info)


def _cursor(user_id: int, at: datetime, key: int) -> str:
    return encode_cursor(f"conversations:{user_id}", at, key)


def _midnight(now: datetime) -> datetime:
    return datetime.combine(now.date() + timedelta(days=1), time(), UTC)


def _written(viewer: dict[str, Any]) -> bytes:
    return orjson.dumps({"data": {"viewer": viewer}}, option=orjson.OPT_UTC_Z)


ANSWERS: dict[tuple[str, str], _Answer] = {
    ("rows", "quota"): _quota_rows,
    ("rows", "page"): _page_rows,
    ("rows", "page-with-messages"): _page_with_messages_rows,
    ("json", "quota"): _quota_json,
    ("json", "page"): _page_json,
    ("json", "page-with-messages"): _page_with_messages_json,
}
_pools: dict[str, Any] = {}


async def app(scope: Any, receive: Any, send: Any) -> None:
    """The ASGI application."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    _, bound, operation, user_id = scope["path"].split("/")
    body = await ANSWERS[bound, operation](_pools["primary"], int(user_id), datetime.now(UTC))
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS, length]})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Any, send: Any) -> None:
    await receive()
    settings = {"timezone": "UTC"}
    async with asyncpg.create_pool(
        os.environ["DATABASE_URL"], min_size=1, reset=_nothing, server_settings=settings
    ) as pool:
        _pools["primary"] = pool
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def _nothing(_connection: object) -> None:
    """Nothing is left behind on a connection."""
