"""An exchange: a person's message and the model's reply, as rows."""

from datetime import datetime, timedelta

from perf.dataset.rows import MessageRow

_MODEL = "stand-in"
_REPLY_BEGINS_AFTER = timedelta(milliseconds=20)
_CHARACTERS_PER_TOKEN = 4
_FIRST_TOKEN_MS, _TOKEN_MS = 300, 12


def exchange(
    key: int,
    user_id: int,
    conversation_id: int,
    *,
    question: str,
    reply: str,
    replied_at: datetime,
    attempts: int = 1,
    status: str = "complete",
) -> tuple[MessageRow, MessageRow]:
    """The question with the id `key`, and the reply with the next id."""
    asked_at = replied_at - _REPLY_BEGINS_AFTER
    tokens = len(reply) // _CHARACTERS_PER_TOKEN
    return (
        MessageRow(key, user_id, conversation_id, "user", "complete", question, asked_at),
        MessageRow(
            *(key + 1, user_id, conversation_id, "assistant", status, reply, replied_at),
            model=_MODEL,
            attempts=attempts,
            prompt_tokens=len(question) // _CHARACTERS_PER_TOKEN,
            completion_tokens=tokens,
            latency_ms=_FIRST_TOKEN_MS + _TOKEN_MS * tokens,
            failure_reason="unavailable" if status == "failed" else None,
        ),
    )
