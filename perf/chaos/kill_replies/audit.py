"""Audits the database after the trial: messages, replies, and the ledger of quota."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import asyncpg

from db.queries.clauses.reply_leases import MOST_ABANDONED
from gql.values.ids import global_id
from perf.chaos.kill_replies.people import ClientAnswers, MessageToSend

_ENDS = {"complete": "settle", "stopped": None, "failed": "release"}
_ASKED = """
SELECT content, id FROM chat_messages WHERE role = 'user'
"""
_REPLIES = """
SELECT reply.id, reply.status, reply.content, reply.failure_reason,
  (SELECT count(*) FROM chat_messages asked WHERE asked.conversation_id = reply.conversation_id
    AND asked.role = 'user') AS asked,
  ARRAY(SELECT kind FROM quota_ledger_entries entry WHERE entry.reply_id = reply.id ORDER BY id)
    AS kinds
FROM chat_messages reply WHERE role = 'assistant' ORDER BY id
"""
_BEING_WRITTEN = "SELECT count(*) FROM reply_generations"
_DIFFERENCES = """
SELECT user_id, usage_date, used, (
  SELECT coalesce(sum(units), 0) FROM quota_ledger_entries entry
  WHERE entry.user_id = counter.user_id AND entry.usage_date = counter.usage_date) AS recorded
FROM daily_quota_usages counter
"""
_ENTRIES = "SELECT count(DISTINCT reply_id) FROM quota_ledger_entries"


@dataclass(frozen=True, slots=True)
class AuditResult:
    """Numbers of replies by status, and a description of each problem."""

    statuses: dict[str, int]
    problems: tuple[str, ...]


async def count_unfinished_replies(connection: "asyncpg.Connection[asyncpg.Record]") -> int:
    """Number of replies that are still being generated."""
    return int(await connection.fetchval(_BEING_WRITTEN))


async def audit(
    connection: "asyncpg.Connection[asyncpg.Record]",
    messages: Sequence[MessageToSend],
    answers: ClientAnswers,
    *,
    model_calls: int,
) -> AuditResult:
    """Compare the stored rows with what was sent, and with what clients were answered."""
    stored = await connection.fetch(_ASKED)
    replies = await connection.fetch(_REPLIES)
    problems = [
        *_of_messages(stored, messages),
        *_of_replies(replies, len(messages)),
        *_of_answers(stored, replies, messages, answers),
    ]
    if left := await count_unfinished_replies(connection):
        problems.append(f"{left} replies are still being written")
    problems += [
        f"user {row['user_id']} used {row['used']} units, and the ledger says {row['recorded']}"
        for row in await connection.fetch(_DIFFERENCES)
        if row["used"] != row["recorded"]
    ]
    if (entries := await connection.fetchval(_ENTRIES)) != len(replies):
        problems.append(f"the ledger knows {entries} replies, and there are {len(replies)}")
    if model_calls > len(messages) * (1 + MOST_ABANDONED):
        problems.append(f"the model was asked {model_calls} times for {len(messages)} messages")
    found = [row["status"] for row in replies]
    return AuditResult({one: found.count(one) for one in sorted(set(found))}, tuple(problems))


def _of_messages(
    stored: Sequence[asyncpg.Record], messages: Sequence[MessageToSend]
) -> Iterator[str]:
    contents = [row["content"] for row in stored]
    for one in messages:
        if (count := contents.count(one.content)) != 1:
            yield f"{one.key} is stored {count} times"
    if strangers := set(contents) - {one.content for one in messages}:
        yield f"nobody sent {sorted(strangers)}"


def _of_replies(replies: Sequence[asyncpg.Record], messages: int) -> Iterator[str]:
    if len(replies) != messages:
        yield f"there are {len(replies)} replies to {messages} messages"
    for row in replies:
        name, status, kinds = f"reply {row['id']}", row["status"], row["kinds"]
        if row["asked"] != 1:
            yield f"{name} stands beside {row['asked']} messages"
        if status not in _ENDS:
            yield f"{name} is {status}"
        elif kinds != ["reserve", _ENDS[status] or ("settle" if row["content"] else "release")]:
            yield f"{name} is {status}, and its ledger says {', '.join(kinds)}"
        if status == "complete" and not row["content"]:
            yield f"{name} is complete without a text"


def _of_answers(
    stored: Sequence[asyncpg.Record],
    replies: Sequence[asyncpg.Record],
    messages: Sequence[MessageToSend],
    answers: ClientAnswers,
) -> Iterator[str]:
    message_ids = {row["content"]: str(global_id("Message", row["id"])) for row in stored}
    texts = {str(global_id("Message", row["id"])): row["content"] for row in replies}
    for one in messages:
        exchanges = answers.exchanges[one.key]
        if len(exchanges) != 1:
            yield f"{one.key} was told to be {len(exchanges)} exchanges"
        for message_id, reply_id in exchanges:
            if message_ids.get(one.content) != message_id or reply_id not in texts:
                yield f"{one.key} was told to be what is not stored"
    for reply_id, text in answers.whole.items():
        if texts.get(reply_id) != text:
            yield f"a complete reply was told to have another text than is stored: {reply_id}"
    for reply_id, shown in answers.shown.items():
        kept = texts.get(reply_id, "")
        for text in shown:
            if not kept.startswith(text):
                yield f"{len(text)} characters were shown of {reply_id}, and {len(kept)} are kept"
