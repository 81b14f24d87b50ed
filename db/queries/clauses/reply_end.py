"""What is stored of any reply when its writer ends it."""

from typing import TypedDict

from sqlalchemy import Integer, Text, bindparam


class ReplyEnd(TypedDict):
    """The values of `END_COLUMNS`: why the reply failed, and how it was generated."""

    failed_because: str | None
    by_model: str
    made_attempts: int
    read_tokens: int | None
    written_tokens: int | None
    taken_ms: int


FAILURE = bindparam("failed_because", type_=Text)
END_COLUMNS = {
    "failure_reason": FAILURE,
    "model": bindparam("by_model", type_=Text),
    "attempts": bindparam("made_attempts", type_=Integer),
    "prompt_tokens": bindparam("read_tokens", type_=Integer),
    "completion_tokens": bindparam("written_tokens", type_=Integer),
    "latency_ms": bindparam("taken_ms", type_=Integer),
}
