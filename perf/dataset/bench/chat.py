"""The conversations and messages of the benchmarks."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from perf.dataset.exchanges import exchange
from perf.dataset.rows import ConversationRow, MessageRow
from perf.dataset.texts import questions, replies, titles

_YEAR = timedelta(days=365)
_ARCHIVED_SHARE = 0.2
_SAME_INSTANT_SHARE = 0.1
_SHORTEST_MINUTES, _LONGEST_MINUTES = 10, 4_000
_ATTEMPTS, _ATTEMPTS_WEIGHTS = (1, 2, 3), (95, 4, 1)


def conversations(users: range, now: datetime, *, each: int) -> Iterator[ConversationRow]:
    """`each` conversations for every user, updated within the past year, some at one instant."""
    for user_id in users:
        yield from _conversations_of(user_id, now, each=each)


def messages(users: range, now: datetime, *, each: int, exchanges: int) -> Iterator[MessageRow]:
    """`exchanges` for each of the `each` conversations of every user.

    The first is not older than its conversation, the last is as old as its conversation's change.
    """
    for user_id in users:
        random = Random(f"messages of {user_id}")
        for conversation in _conversations_of(user_id, now, each=each):
            yield from _messages_of(conversation, random, exchanges=exchanges)


def _conversations_of(user_id: int, now: datetime, *, each: int) -> Iterator[ConversationRow]:
    random = Random(f"conversations of {user_id}")
    updated_at = now - _YEAR * random.random()
    for key in range((user_id - 1) * each + 1, user_id * each + 1):
        if random.random() >= _SAME_INSTANT_SHARE:
            updated_at = now - _YEAR * random.random()
        yield ConversationRow(
            id=key,
            user_id=user_id,
            title=random.choice(titles()),
            status="archived" if random.random() < _ARCHIVED_SHARE else "active",
            created_at=updated_at
            - timedelta(minutes=random.randint(_SHORTEST_MINUTES, _LONGEST_MINUTES)),
            updated_at=updated_at,
        )


def _messages_of(
    conversation: ConversationRow, random: Random, *, exchanges: int
) -> Iterator[MessageRow]:
    first = (conversation.id - 1) * exchanges * 2 + 1
    pause = (conversation.updated_at - conversation.created_at) / exchanges
    question_texts = random.choices(questions(), k=exchanges)
    reply_texts = random.choices(replies(), k=exchanges)
    attempts = random.choices(_ATTEMPTS, _ATTEMPTS_WEIGHTS, k=exchanges)
    for place in range(exchanges):
        yield from exchange(
            first + 2 * place,
            conversation.user_id,
            conversation.id,
            question=question_texts[place],
            reply=reply_texts[place],
            replied_at=conversation.updated_at - pause * (exchanges - 1 - place),
            attempts=attempts[place],
        )
