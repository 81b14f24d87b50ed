"""Compares the database after the restarts with what clients were answered and have read."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import asyncpg

from gql.values.ids import global_id
from perf.chaos.rolling_restart.clients import Seen
from perf.chaos.rolling_restart.following import Following

_REPLIES = """
SELECT id, status, content, attempts, failure_reason,
  ARRAY(SELECT kind FROM quota_ledger_entries entry WHERE entry.reply_id = reply.id ORDER BY id)
    AS kinds
FROM chat_messages reply WHERE role = 'assistant' ORDER BY id
"""
_DIFFERENCES = """
SELECT user_id, used, (
  SELECT coalesce(sum(units), 0) FROM quota_ledger_entries entry
  WHERE entry.user_id = counter.user_id AND entry.usage_date = counter.usage_date) AS recorded
FROM daily_quota_usages counter
"""
_METERED = """
SELECT (SELECT coalesce(sum(request_count), 0) FROM enterprise_daily_usages) AS counted,
  count(*) FILTER (WHERE status = 'complete') AS complete, count(*) AS begun
FROM enterprise_generations
"""


@dataclass(frozen=True, slots=True)
class AuditResult:
    """Numbers of replies by status, the attempts of each, and a description of each problem."""

    statuses: dict[str, int]
    attempts: tuple[int, ...]
    problems: tuple[str, ...]


async def audit(
    connection: "asyncpg.Connection[asyncpg.Record]", seen: Seen, *, words: int
) -> AuditResult:
    """Check each reply: it is complete, has `words` words, and is what was read, charged once."""
    replies = await connection.fetch(_REPLIES)
    problems = [
        *_of_replies(replies, words),
        *_of_readers(replies, seen),
        *(
            f"user {row['user_id']} used {row['used']} units, and the ledger says {row['recorded']}"
            for row in await connection.fetch(_DIFFERENCES)
            if row["used"] != row["recorded"]
        ),
    ]
    (metered,) = await connection.fetch(_METERED)
    if metered["counted"] != metered["complete"]:
        problems.append(f"a company has {metered['complete']} replies, paid {metered['counted']}")
    statuses = Counter(row["status"] for row in replies)
    return AuditResult(
        dict(sorted(statuses.items())), tuple(row["attempts"] for row in replies), tuple(problems)
    )


def _of_replies(replies: Sequence[asyncpg.Record], words: int) -> Iterator[str]:
    for row in replies:
        name = f"reply {row['id']}"
        if row["status"] != "complete":
            yield f"{name} is {row['status']} ({row['failure_reason']})"
        elif len(row["content"].split()) != words:
            yield f"{name} has {len(row['content'].split())} words instead of {words}"
        if row["kinds"] != ["reserve", "settle"]:
            yield f"{name} is {row['status']}, and its ledger says {', '.join(row['kinds'])}"


def _of_readers(replies: Sequence[asyncpg.Record], seen: Seen) -> Iterator[str]:
    texts = {str(global_id("Message", row["id"])): row["content"] for row in replies}
    for reply_id, text in seen.waited.items():
        if texts.get(reply_id) != text:
            yield f"who waited for {reply_id} was answered something else than is stored"
    for reply_id, followed in seen.followed.items():
        yield from (f"{reply_id}: {problem}" for problem in _of_reader(followed, texts[reply_id]))


def _of_reader(followed: Following, stored: str) -> Iterator[str]:
    if followed.refused:
        yield f"reading on was refused: {followed.refused[0]}"
    indexes = [index for index, _ in followed.deltas]
    if indexes != list(range(1, len(indexes) + 1)):
        yield f"the pieces read were {indexes}"
    if followed.text != stored:
        yield f"{len(followed.text)} characters were read, and {len(stored)} are stored"
