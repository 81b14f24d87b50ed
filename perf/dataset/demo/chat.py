"""The conversations of the demo, read from `conversations.toml`."""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter

from perf.dataset.demo.people import IDS
from perf.dataset.exchanges import exchange
from perf.dataset.rows import ConversationRow, MessageRow

_PAGE = Path(__file__).with_name("conversations.toml")
_EXCHANGE_MINUTES = 4
_MOST_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class ScriptedConversation:
    """A conversation in the file; its messages alternate, the person's first."""

    person: str
    title: str
    hours_ago: int
    messages: tuple[str, ...]
    is_archived: bool = False
    last_reply: str = "complete"


def chat(now: datetime) -> tuple[tuple[ConversationRow, ...], tuple[MessageRow, ...]]:
    """Every conversation, and every message in the order of its conversation."""
    conversations: list[ConversationRow] = []
    messages: list[MessageRow] = []
    for key, written in enumerate(_written(), 1):
        rows = _messages(written, now, conversation_id=key, first=len(messages) + 1)
        messages.extend(rows)
        conversations.append(
            ConversationRow(
                id=key,
                user_id=IDS[written.person],
                title=written.title,
                status="archived" if written.is_archived else "active",
                created_at=rows[0].created_at,
                updated_at=rows[-1].created_at,
            )
        )
    return tuple(conversations), tuple(messages)


def _written() -> tuple[ScriptedConversation, ...]:
    page = tomllib.loads(_PAGE.read_text())
    return TypeAdapter(tuple[ScriptedConversation, ...]).validate_python(page["conversation"])


def _messages(
    written: ScriptedConversation, now: datetime, *, conversation_id: int, first: int
) -> tuple[MessageRow, ...]:
    exchanges = tuple(zip(written.messages[::2], written.messages[1::2], strict=True))
    updated_at = now - timedelta(hours=written.hours_ago)
    rows: list[MessageRow] = []
    for place, (question, reply) in enumerate(exchanges, 1):
        is_last = place == len(exchanges)
        status = written.last_reply if is_last else "complete"
        rows += exchange(
            first + len(rows),
            IDS[written.person],
            conversation_id,
            question=question,
            reply=reply,
            replied_at=updated_at - timedelta(minutes=_EXCHANGE_MINUTES) * (len(exchanges) - place),
            attempts=_MOST_ATTEMPTS if status == "failed" else 1,
            status=status,
        )
    return tuple(rows)
