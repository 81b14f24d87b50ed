"""The history of a message: the path to it, as it goes into a prompt."""

from db.database import Connection
from db.queries.chat import messages
from db.row import Row
from db.states import MessageStatus
from services.guidance.records import ContextWindow, HistoryMessage

_MESSAGES_READ_PER_PROMPT_MESSAGE = 2
"""More are read than the prompt takes, because failed replies, and those before another
reply, are left out."""


async def read_history(
    connection: Connection,
    user_id: int,
    conversation_id: int,
    message_id: int,
    window: ContextWindow,
) -> list[HistoryMessage]:
    """The end of the path to a message, which comes last: enough to fill the window.

    Nothing, if the user has no such message in this conversation.
    """
    most = window.messages * _MESSAGES_READ_PER_PROMPT_MESSAGE
    rows = await messages.path_to(connection, user_id, conversation_id, message_id, most)
    return [_history_message(row) for row in reversed(rows)]


def last_question_index(history: list[HistoryMessage]) -> int | None:
    """The index of the person's last message; None if only replies were read."""
    indexes = [index for index, one in enumerate(history) if not one.is_reply]
    return indexes[-1] if indexes else None


def _history_message(row: Row) -> HistoryMessage:
    return HistoryMessage(
        id=row["id"],
        is_reply=row["role"] == "assistant",
        status=MessageStatus(row["status"]),
        content=row["content"],
    )
